import { resolve } from "node:path";
import { BridgeError } from "../domain/errors.ts";
import { causeText } from "./cause.ts";
import { processSurroundings, type Surroundings } from "./environment.ts";
import { parseConfig, type Config } from "./parse.ts";

const USUAL_PLACES = ["./bridge.yaml", "/etc/bwbridge/bridge.yaml"];
const MOST_BYTES = 1_000_000;

function unreadable(message: string, remedy: string, cause?: unknown): BridgeError {
  return new BridgeError({ code: "CONFIG_INVALID", side: "configuration", message, remedy, retry: "never", cause });
}

/**
 * Reads and checks the configuration: the file that was named, else `./bridge.yaml`, else
 * `/etc/bwbridge/bridge.yaml`. Throws BridgeError CONFIG_INVALID; the error for a missing file names all places looked in.
 */
export function loadConfig(named?: string, surroundings: Surroundings = processSurroundings()): Config {
  const places = (named === undefined ? USUAL_PLACES : [named]).map((place) => resolve(place));
  for (const file of places) {
    let bytes: Buffer;
    try {
      bytes = surroundings.readFile(file, MOST_BYTES);
    } catch (thrown) {
      const cause = causeText(thrown);
      if (cause.missing) continue;
      throw unreadable(`${file} cannot be read: ${cause.text}`, "Check the file and its permissions.", thrown);
    }
    return parseConfig(bytes.toString("utf8"), file);
  }
  throw unreadable(
    `no configuration file: looked for ${places.join(" and ")}`,
    "Write one there (see deploy/bridge.example.yaml) or name another with --config.",
  );
}
