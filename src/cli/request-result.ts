import { z } from "zod";
import { BridgeError, type ErrorCode, type Side } from "../domain/errors.ts";
import type { RequestRow } from "../store/requests.ts";

const failureSchema = z.object({ code: z.string(), message: z.string(), remedy: z.string() });

/** The result of a finished request; throws the failure that was written into its row. */
export function resultOf(row: RequestRow | null): unknown {
  const result: unknown = JSON.parse(row?.result ?? "null");
  if (row?.state === "done") return result;
  const failure = failureSchema.safeParse(result);
  const { code, message, remedy } = failure.success
    ? failure.data
    : { code: "INTERNAL", message: "the request has no readable answer", remedy: "Look at the log of the service." };
  throw new BridgeError({ code: knownCode(code), side: sideOf(code), message, remedy, retry: "never" });
}

/** A newer service may know more codes: those count as unexpected. */
function knownCode(code: string): ErrorCode {
  return KNOWN.find((known) => known === code) ?? "INTERNAL";
}

const KNOWN: ErrorCode[] = [
  "CONFIG_INVALID",
  "USAGE",
  "DIRECTORY_UNREACHABLE",
  "DIRECTORY_DENIED",
  "DIRECTORY_THROTTLED",
  "DIRECTORY_INCOMPLETE",
  "DIRECTORY_UNREADABLE",
  "BITWARDEN_UNREACHABLE",
  "BITWARDEN_DENIED",
  "BITWARDEN_THROTTLED",
  "BITWARDEN_REFUSED",
  "BITWARDEN_UNKNOWN_OUTCOME",
  "BITWARDEN_NOT_APPLIED",
  "STORE_BUSY",
  "STORE_FAILED",
  "LOCKED",
  "ADDRESS_IN_USE",
];

function sideOf(code: string): Side {
  if (code.startsWith("DIRECTORY_")) return "directory";
  if (code.startsWith("BITWARDEN_")) return "bitwarden";
  return code === "CONFIG_INVALID" ? "configuration" : "bridge";
}
