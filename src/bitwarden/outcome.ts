import type { z } from "zod";

import { BridgeError, type Retry } from "../domain/errors.ts";
import type { ErrorCode } from "../domain/errors.ts";
import { parseJson } from "./json.ts";
import type { Answer, Unanswered } from "./http.ts";
import { isAboutSeats, remedyFor } from "./remedies.ts";
import { errorBodySchema } from "./schemas.ts";

/** What an error says about the call that failed. */
export interface CallFacts {
  /** Whether repeating is harmless by nature (a read) or the outcome matters (a write). */
  kind: "read" | "write";
  /** E.g. `acme: POST /public/members/{id}/revoke`. */
  name: string;
  /** The setting that chose the server. */
  setting: "apiUrl" | "identityUrl";
  /** Takes our secrets out of texts of the server. */
  redact: (text: string) => string;
}

const MESSAGE_CHARACTERS = 1000;
const DETAIL_KEYS = 50;
/** Keys of `errors` under which the server writes what concerns no value of the request. */
const NO_VALUE = new Set(["An error has occurred.", "", "$", "model"]);
const REFUSAL_PAUSE_MS = 60 * 60 * 1000;
/** A proxy gave up waiting: the server behind it may be at work for long. */
const GAVE_UP = new Set([408, 504, 524]);

/** The failure of a call that got no whole answer. */
export function unanswered(call: CallFacts, result: Unanswered): BridgeError {
  const message = `${call.name}: ${bounded(result.reason, 300)}`;
  const facts = { side: "bitwarden", retry: "later", cause: result.cause } as const;
  if (result.sent && call.kind === "write") {
    const remedy = "Nothing to do: the bridge reads what happened before it repeats the request.";
    return new BridgeError({
      ...facts,
      code: "BITWARDEN_UNKNOWN_OUTCOME",
      message,
      remedy,
      stillRunning: result.timedOut,
    });
  }
  const remedy = result.timedOut
    ? "Look whether Bitwarden is slow or overloaded; the bridge tries again."
    : `Check network, DNS, certificates (\`ca\`) and \`${call.setting}\`; the bridge tries again.`;
  return new BridgeError({ ...facts, code: "BITWARDEN_UNREACHABLE", message, remedy });
}

/** The failure of an answer that is neither success, 401 nor 429. */
export function refused(call: CallFacts, answer: Answer): BridgeError {
  const { status } = answer;
  if (status >= 300 && status < 400) {
    const remedy = `Set \`${call.setting}\` to the final address; redirects are not followed.`;
    // A login page or a server that moves answers like this for a while: nothing was done, and it is tried again.
    return failure(call, answer, "BITWARDEN_REFUSED", "was redirected", remedy, "later");
  }
  if (status === 413) {
    const remedy = "Raise the body limit of the proxy in front of Bitwarden.";
    return failure(call, answer, "BITWARDEN_REFUSED", "the request is too large", remedy);
  }
  if (status >= 500 || status === 408) {
    const said = bounded(call.redact(errorBody(answer)?.message ?? ""), 300);
    return unknown(call, answer, `answered ${String(status)}${said === "" ? "" : `: ${said}`}`);
  }
  if (isHtml(answer)) {
    return failure(call, answer, "BITWARDEN_UNREACHABLE", `an HTML page came back with ${String(status)}`, proxy(call));
  }
  if (status === 403) return denied(call, status, "was forbidden");
  if (status === 404) {
    const remedy = `Check \`${call.setting}\`; Vaultwarden has nothing but the import.`;
    return failure(call, answer, "BITWARDEN_REFUSED", "does not exist on this server", remedy);
  }
  return validation(call, answer);
}

/** The answer was a success, but not one that Bitwarden gives. */
export function unintelligible(call: CallFacts, answer: Answer, cause?: z.ZodError): BridgeError {
  if (isHtml(answer)) return unknown(call, answer, "an HTML page instead of JSON came back");
  const issue = cause?.issues[0];
  const where = issue === undefined ? "" : `(${issue.path.join(".")}: ${issue.message})`;
  return unknown(
    call,
    answer,
    `the answer is not what Bitwarden documents${where === "" ? "" : ` ${bounded(where, 200)}`}`,
  );
}

/** Credentials or rights are missing. */
export function denied(call: CallFacts, status: number, what: string): BridgeError {
  return new BridgeError({
    code: "BITWARDEN_DENIED",
    side: "bitwarden",
    message: `${call.name}: ${what}`,
    remedy:
      "Check client id and client secret (Bitwarden: Settings, Organization info, API key), that `apiUrl` and `identityUrl` belong together, and that the organization is enabled and its plan has API access; then run `bwbridge sync`.",
    retry: "never",
    status,
  });
}

/** The host asks for patience. */
export function throttled(call: CallFacts, pauseMs: number): BridgeError {
  return new BridgeError({
    code: "BITWARDEN_THROTTLED",
    side: "bitwarden",
    message: `${call.name}: too many requests, the host is left alone for ${String(Math.ceil(pauseMs / 1000))} s`,
    remedy: "Nothing to do, unless other software behind the same address uses up the limit.",
    retry: "after",
    retryAfterMs: pauseMs,
    status: 429,
  });
}

/** Bitwarden's own "not found" is an empty body or its JSON; a proxy's page proves nothing. */
export function isMissing(answer: Answer): boolean {
  return answer.status === 404 && (answer.body.trim() === "" || errorBody(answer) !== null);
}

/** The server's sentence when it refused with 400, trimmed; empty when there is none. */
export function refusalText(answer: Answer): string {
  return answer.status === 400 ? (errorBody(answer)?.message ?? "").trim() : "";
}

/**
 * A refusal with a reason. One that names a value of the request stands until somebody corrects that value; anything
 * else (seats, plan, policy, mail) can be put right in Bitwarden at any time, so it is tried again every hour.
 */
function validation(call: CallFacts, answer: Answer): BridgeError {
  const body = errorBody(answer);
  const details = Object.entries(body?.errors ?? {}).slice(0, DETAIL_KEYS);
  const clean = Object.fromEntries(
    details.map(([key, texts]) => [
      bounded(key, 100),
      texts.slice(0, 5).map((text) => bounded(call.redact(text), 300)),
    ]),
  );
  const list = Object.entries(clean).map(([key, texts]) =>
    key === "" ? texts.join(" ") : `${key}: ${texts.join(" ")}`,
  );
  const said = [body?.message ?? answer.body, ...list].filter((text) => text.trim() !== "").join(" ");
  const text = bounded(call.redact(said), MESSAGE_CHARACTERS);
  const namesValue = Object.keys(clean).some((key) => !NO_VALUE.has(key));
  const facts = {
    side: "bitwarden",
    message: `${call.name}: refused with ${String(answer.status)}${text === "" ? "" : `: ${text}`}`,
    status: answer.status,
    ...(list.length === 0 ? {} : { details: clean }),
  } as const;
  const code = isAboutSeats(said) ? "BITWARDEN_NO_SEATS" : "BITWARDEN_REFUSED";
  if (namesValue) return new BridgeError({ ...facts, code, remedy: remedyFor(said), retry: "never" });
  const remedy = `${remedyFor(said)} The bridge tries again every hour; \`bwbridge sync\` does it at once.`;
  return new BridgeError({ ...facts, code, remedy, retry: "after", retryAfterMs: REFUSAL_PAUSE_MS });
}

function unknown(call: CallFacts, answer: Answer, what: string): BridgeError {
  if (call.kind === "read") {
    const remedy = isHtml(answer) ? proxy(call) : "Look at the Bitwarden server's log; the bridge tries again.";
    return failure(call, answer, "BITWARDEN_UNREACHABLE", what, remedy);
  }
  const mends = "Look at the Bitwarden server's log; the bridge reads what happened before it repeats the request.";
  const remedy = isHtml(answer) && answer.status < 500 ? proxy(call) : mends;
  return new BridgeError({
    code: "BITWARDEN_UNKNOWN_OUTCOME",
    side: "bitwarden",
    message: `${call.name}: ${what}`,
    remedy,
    retry: "later",
    status: answer.status,
    stillRunning: GAVE_UP.has(answer.status),
  });
}

function failure(
  call: CallFacts,
  answer: Answer,
  code: ErrorCode,
  what: string,
  remedy: string,
  retry: Retry = code === "BITWARDEN_REFUSED" ? "never" : "later",
): BridgeError {
  const message = `${call.name}: ${what}`;
  return new BridgeError({ code, side: "bitwarden", message, remedy, retry, status: answer.status });
}

function proxy(call: CallFacts): string {
  return `Something between the bridge and Bitwarden (proxy, firewall, login page) answered; let the bridge through, or correct \`${call.setting}\`.`;
}

function errorBody(answer: Answer) {
  const parsed = errorBodySchema.safeParse(parseJson(answer.body));
  return parsed.success ? parsed.data : null;
}

function isHtml(answer: Answer): boolean {
  return /html/i.test(answer.contentType) || /^\s*<(!doctype|html)/i.test(answer.body);
}

/** One printable line of at most so many characters. */
function bounded(text: string, characters: number): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
  return line.length <= characters ? line : `${line.slice(0, characters - 1)}…`;
}
