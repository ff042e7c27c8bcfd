import { generateKeyPairSync, randomUUID, sign, timingSafeEqual, type KeyObject } from "node:crypto";
import { crashAnswer, type Answer } from "./answers.ts";
import type { World } from "./world.ts";

const KNOWN_GRANTS = new Set(["authorization_code", "password", "refresh_token", "hybrid", "implicit"]);
const SCOPE = "api.organization";

/** One key for the process: making it costs more than starting an emulator. */
let signingKey: KeyObject | undefined;

interface Issued {
  expiresAtMs: number;
  scope: string;
}

export interface TokenOptions {
  lifeSeconds: number;
  /** How long an expired token is still accepted: the API's clock skew. */
  skewSeconds: number;
  issuer: string;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** The identity service: hands out tokens for the organization client and checks them for the API. */
export class Tokens {
  readonly #world: World;
  readonly #options: TokenOptions;
  readonly #issued = new Map<string, Issued>();

  constructor(world: World, options: TokenOptions) {
    this.#world = world;
    this.#options = options;
  }

  /** Answers `POST /connect/token`. */
  answer(contentType: string, authorization: string, form: URLSearchParams): Answer {
    if (!contentType.toLowerCase().startsWith("application/x-www-form-urlencoded")) return refuse("invalid_request");
    const basic = readBasic(authorization);
    const clientId = form.get("client_id") ?? basic?.id ?? "";
    const secret = form.get("client_secret") ?? basic?.secret ?? "";
    const { organization } = this.#world;
    if (clientId.toLowerCase() !== `organization.${organization.id}`) return refuse("invalid_client");
    if (organization.apiKey === null) return crashAnswer();
    if (!organization.enabled || !organization.useApi || !sameText(secret, organization.apiKey)) {
      return refuse("invalid_client");
    }
    const grant = form.get("grant_type") ?? "";
    if (grant !== "client_credentials") {
      return refuse(KNOWN_GRANTS.has(grant) ? "unauthorized_client" : "unsupported_grant_type");
    }
    if (form.get("scope") !== SCOPE) return refuse("invalid_scope");
    return {
      status: 200,
      json: {
        access_token: this.issue(SCOPE),
        expires_in: this.#options.lifeSeconds,
        token_type: "Bearer",
        scope: SCOPE,
      },
      headers: { "Cache-Control": "no-store, no-cache, max-age=0", Pragma: "no-cache" },
    };
  }

  issue(scope: string): string {
    const { lifeSeconds, issuer, now } = this.#options;
    const issuedAt = Math.floor(now() / 1000);
    const claims = {
      iss: issuer,
      nbf: issuedAt,
      iat: issuedAt,
      exp: issuedAt + lifeSeconds,
      client_id: `organization.${this.#world.organization.id}`,
      client_sub: this.#world.organization.id,
      client_type: "Organization",
      jti: randomUUID(),
      scope: [scope],
    };
    const token = signJwt(claims);
    this.#issued.set(token, { expiresAtMs: now() + lifeSeconds * 1000, scope });
    return token;
  }

  /** The status an API call with this token gets before anything else: 200, 401 or 403. */
  check(token: string): 200 | 401 | 403 {
    const issued = this.#issued.get(token);
    if (issued === undefined) return 401;
    if (this.#options.now() > issued.expiresAtMs + this.#options.skewSeconds * 1000) return 401;
    return issued.scope === SCOPE ? 200 : 403;
  }

  revokeAll(): void {
    this.#issued.clear();
  }
}

function refuse(error: string): Answer {
  return { status: 400, json: { error }, headers: { "Cache-Control": "no-store, no-cache, max-age=0" } };
}

function readBasic(authorization: string): { id: string; secret: string } | null {
  if (!/^basic /i.test(authorization)) return null;
  const text = Buffer.from(authorization.slice(6), "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? null : { id: text.slice(0, colon), secret: text.slice(colon + 1) };
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function signJwt(claims: object): string {
  signingKey ??= generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "RS256", typ: "at+jwt" })}.${part(claims)}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), signingKey).toString("base64url")}`;
}
