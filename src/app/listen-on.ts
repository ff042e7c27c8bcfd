import type { RequestListener } from "node:http";
import { addressText, type ListenAddress } from "../config/schema/values.ts";
import { BridgeError } from "../domain/errors.ts";
import type { Log } from "../observe/log.ts";
import { listen, type Listening } from "../receive/listen.ts";

/** Listens on a configured address; what keeps it from that is said with the name of the key. */
export async function listenOn(
  address: ListenAddress,
  key: string,
  handler: RequestListener,
  log: Log,
): Promise<Listening> {
  try {
    return await listen(handler, { ...address, log });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
    const where = `${addressText(address)} (${key})`;
    if (code === "EADDRINUSE") {
      throw new BridgeError({
        code: "ADDRESS_IN_USE",
        side: "bridge",
        message: `another process already listens on ${where}`,
        remedy: `Stop that process, or choose another port in ${key}.`,
        retry: "later",
        cause,
      });
    }
    throw new BridgeError({
      code: "CONFIG_INVALID",
      side: "configuration",
      message: `it is not possible to listen on ${where}: ${code}`,
      remedy:
        code === "EACCES"
          ? "Ports below 1024 need a privilege: choose a higher one, and let the reverse proxy have the low one."
          : `Set ${key} to an address of this machine.`,
      retry: "never",
      cause,
    });
  }
}
