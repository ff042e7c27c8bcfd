/** Turns whatever the SDK throws into a BridgeError; classified by status, not by class (three classes are thrown). */
import { z } from "zod";
import { BridgeError } from "../../domain/errors.ts";

/** Okta's own "resource not found"; a 404 without it may come from a proxy and proves nothing. */
const NOT_FOUND_CODE = "E0000007";

const apiFailure = z.object({
  status: z.number(),
  errorCode: z.string().optional().catch(undefined),
  errorSummary: z.string().optional().catch(undefined),
});

/** Okta itself answered that what was asked for by id does not exist. */
class OktaNotFound extends BridgeError {}

/**
 * Classifies a failure of one call: OktaNotFound, DIRECTORY_DENIED, DIRECTORY_THROTTLED, DIRECTORY_UNREACHABLE,
 * DIRECTORY_UNREADABLE, or DIRECTORY_INCOMPLETE for an answer that could not be understood.
 */
export function toDirectoryError(thrown: unknown, subject: string): BridgeError {
  if (thrown instanceof BridgeError) return thrown;
  const api = apiFailure.safeParse(thrown);
  if (api.success) return fromStatus(api.data, subject);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (isTransport(thrown)) return unreachable(`Okta did not answer: ${message}`, subject, undefined, thrown);
  return incomplete(`Okta's answer could not be understood: ${message}`, subject, thrown);
}

/** An answer that is not whole; nothing may be concluded from it. */
export function incomplete(message: string, subject: string, cause?: unknown): BridgeError {
  return new BridgeError({
    code: "DIRECTORY_INCOMPLETE",
    side: "directory",
    message,
    remedy: "It is read again later. If it repeats, look for a proxy that changes Okta's answers.",
    retry: "later",
    subject,
    cause,
  });
}

/** Resolves to null where Okta answered that the thing does not exist; every other failure stays one. */
export async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof OktaNotFound) return null;
    throw error;
  }
}

function fromStatus(api: z.infer<typeof apiFailure>, subject: string): BridgeError {
  const { status, errorCode } = api;
  const said = [errorCode, api.errorSummary?.slice(0, 200)].filter((part) => part !== undefined).join(" ");
  const message = `Okta answered ${status}${said === "" ? "" : ` (${said})`}`;
  const facts = { side: "directory", message, subject, status } as const;
  if (status === 401) {
    const remedy =
      "The API token is refused: create a new one in the Okta console and put it in the configured secret.";
    return new BridgeError({ ...facts, code: "DIRECTORY_DENIED", remedy, retry: "never" });
  }
  if (status === 403) {
    const remedy = "Give the administrator who owns the API token the right to read users, groups and the System Log.";
    return new BridgeError({ ...facts, code: "DIRECTORY_DENIED", remedy, retry: "never" });
  }
  if (status === 429) {
    const remedy = "The bridge waits and tries again. Raise the token's share of the rate limit in Okta if it repeats.";
    return new BridgeError({ ...facts, code: "DIRECTORY_THROTTLED", remedy, retry: "after" });
  }
  if (status === 404 && errorCode === NOT_FOUND_CODE) {
    return new OktaNotFound({
      ...facts,
      code: "DIRECTORY_UNREADABLE",
      remedy: "Check the id: Okta says that it does not exist.",
      retry: "never",
    });
  }
  if (status === 408 || status >= 500) return unreachable(message, subject, status);
  const remedy =
    status >= 300 && status < 400
      ? "Set orgUrl to the address that Okta redirects to; redirects are not followed with a token."
      : "Check orgUrl, and the provider query in userFilter and groupFilter.";
  return new BridgeError({ ...facts, code: "DIRECTORY_UNREADABLE", remedy, retry: "never" });
}

function unreachable(message: string, subject: string, status?: number, cause?: unknown): BridgeError {
  return new BridgeError({
    code: "DIRECTORY_UNREACHABLE",
    side: "directory",
    message,
    remedy: "It is tried again later. Check the network, the proxy and status.okta.com if it lasts.",
    retry: "later",
    subject,
    ...(status === undefined ? {} : { status }),
    cause,
  });
}

/** node-fetch names its network errors FetchError; "max-size" is the one type that is about the answer. */
function isTransport(thrown: unknown): boolean {
  const error = z.object({ name: z.string(), type: z.string().optional() }).safeParse(thrown);
  if (!error.success) return false;
  return error.data.name === "AbortError" || (error.data.name === "FetchError" && error.data.type !== "max-size");
}
