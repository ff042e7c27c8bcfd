import type { IncomingHttpHeaders } from "node:http";
import type { HintedEvent } from "../domain/hint.ts";

/** Events whose sender has proved who it is. The private field makes the type nominal: nothing else can pose as one. */
class Verified {
  readonly #events: readonly HintedEvent[];
  /** Why the body, or a part of it, could not be read; it is then covered by a hint of kind `all`. */
  readonly unreadable: string | null;

  constructor(events: readonly HintedEvent[], unreadable: string | null) {
    this.#events = events;
    this.unreadable = unreadable;
  }

  get events(): readonly HintedEvent[] {
    return this.#events;
  }
}

export type VerifiedEvents = Verified;

/** The only way to make `VerifiedEvents`; only `directories/<type>/verify.ts` may import it (test/rules). */
export function verifiedEvents(events: readonly HintedEvent[], unreadable: string | null = null): VerifiedEvents {
  return new Verified(events, unreadable);
}

/** Why a request was not believed. Never says which part of a secret was wrong. */
export interface Refusal {
  refused: "secret missing" | "secret wrong" | "challenge missing" | "challenge too long";
}

/** A sender that has proved itself by its headers: only now may its body be read. */
export interface Admission {
  /** Parses the body. Never throws: what cannot be read becomes a hint of kind `all`, so that nothing is lost. */
  read(rawBody: Buffer): VerifiedEvents | Refusal;
  /** For a body that could not even be received whole. */
  unreadable(reason: string): VerifiedEvents;
}

/** How one connection recognises its sender. */
export interface HookOptions {
  connection: string;
  /** The header in which the directory was told to put the secret; any case. */
  header: string;
  /** The secrets valid at this moment, asked anew for every request so that they can be rotated while running. */
  secrets: () => readonly string[];
}

/** Judges what one directory sends to one connection. */
export interface HookVerifier {
  /** Looks at the headers only. Throws when our own secrets cannot be read now. */
  admit(headers: IncomingHttpHeaders): Admission | Refusal;
  /** For the handshake with which a directory checks that the address is ours: returns the JSON to answer. */
  challenge?(headers: IncomingHttpHeaders): Record<string, string> | Refusal;
}
