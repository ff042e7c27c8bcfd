import type { BridgeError } from "../domain/errors.ts";
import type { Answer, Http } from "./http.ts";
import { parseJson } from "./json.ts";
import { denied, refused, throttled, unanswered, unintelligible } from "./outcome.ts";
import type { CallFacts } from "./outcome.ts";
import type { HostPace } from "./pace.ts";
import { tokenErrorSchema, tokenSchema } from "./schemas.ts";

export interface TokenSource {
  http: Http;
  pace: HostPace;
  organization: string;
  identityUrl: string;
  clientId: string;
  /** Read for every request, so that a rotated secret works without a restart. */
  clientSecret: () => string;
  deviceIdentifier: string;
  timeoutMs: number;
  signal: AbortSignal;
}

interface Token {
  text: string;
  renewAtMs: number;
}

interface Refusal {
  error: BridgeError;
  secret: string;
  untilMs: number;
}

/** A renewal leaves time for the requests that wait for their turn with the old token. */
const RENEW_AT = 0.8;
/**
 * Identity allows 10 requests a minute. A refusal can be a restart of the server or a key that was just rotated, so it
 * is asked again soon, and ever later while it keeps refusing.
 */
const FIRST_COOL_DOWN_MS = 10_000;
const LONGEST_COOL_DOWN_MS = 5 * 60_000;
const MAX_BODY_BYTES = 100_000;

/** The organization's access token: asked for once for everybody, renewed early, forgotten on 401. */
export class Tokens {
  readonly #source: TokenSource;
  #token: Token | undefined;
  #asking: Promise<string> | undefined;
  #refusal: Refusal | undefined;
  #refusedInARow = 0;
  #secret = "";

  constructor(source: TokenSource) {
    this.#source = source;
  }

  /**
   * A token that is good for at least a fifth of its lifetime.
   * @throws BridgeError `BITWARDEN_DENIED`, for a while without asking again unless the secret changed
   * or `forgetRefusal` was called; `BITWARDEN_THROTTLED`; `BITWARDEN_UNREACHABLE`; `BITWARDEN_REFUSED` (wrong address)
   */
  async get(): Promise<string> {
    if (this.#token !== undefined && performance.now() < this.#token.renewAtMs) return this.#token.text;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** The API did not accept this token: the next call gets another one. */
  drop(text: string): void {
    if (this.#token?.text === text) this.#token = undefined;
  }

  /** The API accepts no token of ours: nobody asks for the next ones for a while. */
  refuse(error: BridgeError): void {
    this.#token = undefined;
    const coolDownMs = Math.min(LONGEST_COOL_DOWN_MS, FIRST_COOL_DOWN_MS * 2 ** Math.min(this.#refusedInARow, 10));
    this.#refusedInARow += 1;
    this.#refusal = { error, secret: this.#secret, untilMs: performance.now() + coolDownMs };
  }

  /** Somebody may have repaired the credentials: the next call asks at once. */
  forgetRefusal(): void {
    this.#refusal = undefined;
    this.#refusedInARow = 0;
  }

  /** The API accepted a token of ours. */
  accepted(): void {
    this.#refusedInARow = 0;
  }

  /** Takes the secret and the token out of a text that came from outside. */
  redact(text: string): string {
    const secrets = [this.#secret, this.#token?.text ?? ""].filter((secret) => secret !== "");
    return secrets.reduce((clean, secret) => clean.replaceAll(secret, "[secret]"), text);
  }

  async #ask(): Promise<string> {
    const secret = this.#source.clientSecret();
    this.#secret = secret;
    if (this.#refusal?.secret === secret && performance.now() < this.#refusal.untilMs) throw this.#refusal.error;
    const { pace, http, signal, timeoutMs, identityUrl } = this.#source;
    const call = this.#facts();
    const result = await pace.tokens.run("revocation", signal, () =>
      http.send({
        method: "POST",
        url: new URL(`${identityUrl.replace(/\/+$/, "")}/connect/token`),
        headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
        body: this.#form(secret),
        timeoutMs,
        maxBodyBytes: MAX_BODY_BYTES,
      }),
    );
    if (!result.answered) throw unanswered(call, result);
    if (result.status === 429) throw throttled(call, pace.throttled(result.retryAfter));
    pace.answered();
    if (result.status === 200) return this.#accept(call, result);
    throw this.#failure(call, result);
  }

  #accept(call: CallFacts, answer: Answer): string {
    const parsed = tokenSchema.safeParse(parseJson(answer.body));
    if (!parsed.success) throw unintelligible(call, answer);
    const { access_token: text, expires_in: lifetimeSeconds } = parsed.data;
    this.#token = { text, renewAtMs: performance.now() + lifetimeSeconds * 1000 * RENEW_AT };
    this.#refusal = undefined;
    return text;
  }

  #failure(call: CallFacts, answer: Answer): BridgeError {
    const said = tokenErrorSchema.safeParse(parseJson(answer.body));
    if (!said.success || (answer.status !== 400 && answer.status !== 401)) return refused(call, answer);
    const reason = said.data.error === undefined || said.data.error === "" ? said.data.message : said.data.error;
    const error = denied(call, answer.status, `no token: ${call.redact((reason ?? "no reason given").slice(0, 200))}`);
    this.refuse(error);
    return error;
  }

  #facts(): CallFacts {
    // A token that was made and not delivered harms nobody: asking is a read.
    const name = `${this.#source.organization}: POST /connect/token`;
    return { kind: "read", name, setting: "identityUrl", redact: (text) => this.redact(text) };
  }

  #form(secret: string): string {
    const { clientId, deviceIdentifier } = this.#source;
    return new URLSearchParams({
      grant_type: "client_credentials",
      scope: "api.organization",
      client_id: clientId,
      client_secret: secret,
      // Ignored by Bitwarden, mandatory for Vaultwarden. 22 is its type "Server".
      deviceType: "22",
      deviceIdentifier,
      deviceName: "bitwarden-directory-bridge",
    }).toString();
  }
}
