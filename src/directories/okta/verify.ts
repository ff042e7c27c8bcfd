/**
 * Okta event hooks sign nothing: the only proof is a header with a shared secret, sent with every delivery. So the
 * secret is judged before one byte of the body is read.
 */
import { hash, randomUUID, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import type { HintedEvent } from "../../domain/hint.ts";
import {
  verifiedEvents,
  type Admission,
  type HookOptions,
  type HookVerifier,
  type Refusal,
  type VerifiedEvents,
} from "../verified.ts";
import { hintAll, hintsOf, logEventSchema } from "./events.ts";

const CHALLENGE_HEADER = "x-okta-verification-challenge";
const MAX_CHALLENGE_CHARS = 1024;
/** Far beyond any real delivery: events are about 1 kB and a body is bounded at some megabytes. */
const MAX_EVENTS = 20_000;
/** The type under which an authentic but unreadable delivery is written down. */
const UNREADABLE = "bridge.unreadable";

/** Each event is parsed on its own, so that one that we cannot read does not cost the others. */
const envelopeSchema = z.object({ data: z.object({ events: z.array(z.unknown()).max(MAX_EVENTS) }) });

/** Judges the event hooks of one Okta connection. */
export function oktaHookVerifier(options: HookOptions): HookVerifier {
  const { connection } = options;
  const header = options.header.toLowerCase();
  const secretHashes = hashesOf(options.secrets);
  const admission: Admission = {
    read: (rawBody) => readBody(connection, rawBody),
    unreadable: (reason) => verifiedEvents([unreadableEvent(connection)], reason),
  };
  return {
    admit: (headers) => judgeSecret(headers[header], secretHashes()) ?? admission,
    challenge(headers) {
      // Okta does not say whether it sends the secret along with its one GET: allowed to be absent, not to be wrong.
      const refusal = headers[header] === undefined ? null : judgeSecret(headers[header], secretHashes());
      return refusal ?? answerChallenge(headers);
    },
  };
}

/** The hashes of all secrets in force, made anew only when the list is another one. Empty secrets are none. */
function hashesOf(secrets: () => readonly string[]): () => readonly Buffer[] {
  let known: { list: readonly string[]; hashes: Buffer[] } | undefined;
  return () => {
    const list = secrets();
    if (known?.list !== list) {
      const given = list.filter((secret) => secret !== "");
      known = { list, hashes: given.map((secret) => hash("sha256", secret, "buffer")) };
    }
    return known.hashes;
  };
}

/** Null: the header holds one of the secrets. All are compared, in constant time, so that timing tells nothing. */
function judgeSecret(sent: string | string[] | undefined, secretHashes: readonly Buffer[]): Refusal | null {
  if (typeof sent !== "string" || sent === "") return { refused: "secret missing" };
  // Node decodes headers as Latin-1; the bytes are what was sent.
  const sentHash = hash("sha256", Buffer.from(sent, "latin1"), "buffer");
  let matches = 0;
  for (const secretHash of secretHashes) {
    if (timingSafeEqual(sentHash, secretHash)) matches += 1;
  }
  return matches > 0 ? null : { refused: "secret wrong" };
}

function answerChallenge(headers: IncomingHttpHeaders): Record<string, string> | Refusal {
  const challenge = headers[CHALLENGE_HEADER];
  if (typeof challenge !== "string" || challenge === "") return { refused: "challenge missing" };
  if (challenge.length > MAX_CHALLENGE_CHARS) return { refused: "challenge too long" };
  return { verification: challenge };
}

function readBody(connection: string, rawBody: Buffer): VerifiedEvents {
  const envelope = envelopeSchema.safeParse(parseJson(rawBody));
  if (!envelope.success) return verifiedEvents([unreadableEvent(connection)], "the body is not an Okta event envelope");
  const events: HintedEvent[] = [];
  let unreadable = 0;
  for (const candidate of envelope.data.data.events) {
    const event = logEventSchema.safeParse(candidate);
    if (event.success) events.push(hintsOf(connection, event.data));
    else unreadable += 1;
  }
  if (unreadable === 0) return verifiedEvents(events);
  events.push(unreadableEvent(connection));
  return verifiedEvents(events, `${String(unreadable)} of the events are not System Log events`);
}

/** Undefined for what is not JSON in UTF-8. */
function parseJson(rawBody: Buffer): unknown {
  try {
    return JSON.parse(rawBody.toString("utf8"));
  } catch {
    // Not an error of ours: the caller writes it down as unreadable.
    return undefined;
  }
}

/**
 * Okta never repeats what was answered with 4xx, so an authentic delivery that we cannot read may hide a change that
 * nobody tells us again: it makes the whole directory dirty. The id is random and not a hash of the body, because a
 * proxy that empties every body would otherwise be heard only once.
 */
function unreadableEvent(connection: string): HintedEvent {
  return { id: `unreadable-${randomUUID()}`, type: UNREADABLE, hints: [hintAll(connection)] };
}
