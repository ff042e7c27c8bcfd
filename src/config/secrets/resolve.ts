import { BridgeError } from "../../domain/errors.ts";
import { causeText } from "../cause.ts";
import { processSurroundings, type Surroundings } from "../environment.ts";
import { referenceText, Secret, type SecretReference } from "./secret.ts";

const MOST_BYTES = 64 * 1024;

function refuse(reference: SecretReference, what: string, remedy: string, cause?: unknown): BridgeError {
  return new BridgeError({
    code: "CONFIG_INVALID",
    side: "configuration",
    message: `the secret in ${referenceText(reference)} ${what}`,
    remedy,
    retry: "never",
    subject: referenceText(reference),
    cause,
  });
}

function readSecretFile(reference: { file: string }, surroundings: Surroundings): string {
  try {
    const bytes = surroundings.readFile(reference.file, MOST_BYTES);
    // Editors and `echo` end the line; a secret that ends in a line break cannot be typed anywhere.
    return bytes.toString("utf8").replace(/\r?\n$/, "");
  } catch (thrown) {
    const { text } = causeText(thrown);
    const remedy = "The file must exist, be readable by the bridge's user and hold at most 64 kB.";
    throw refuse(reference, `cannot be read: ${text}`, remedy, thrown);
  }
}

/**
 * Reads a secret now (a small local file, so without waiting); reading again gives the new value after a rotation. Throws BridgeError CONFIG_INVALID that
 * names the place, never the value, when it is missing, unreadable or empty.
 */
export function resolveSecret(reference: SecretReference, surroundings: Surroundings = processSurroundings()): Secret {
  if ("file" in reference) return nonEmpty(reference, readSecretFile(reference, surroundings));
  const value = surroundings.env[reference.env];
  if (value === undefined) throw refuse(reference, "is not set", `Set ${reference.env} for the bridge's process.`);
  return nonEmpty(reference, value);
}

function nonEmpty(reference: SecretReference, value: string): Secret {
  if (value.trim() !== "") return new Secret(value);
  throw refuse(reference, "is empty", "Put the secret there: an empty one would log in as nobody.");
}
