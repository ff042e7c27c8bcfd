import { badModel, crashAnswer, notFound, ok, Refusal, type Answer } from "./answers.ts";
import type { Body } from "./body.ts";
import type { Dialect } from "./dialect.ts";
import { Fields, parseGuid } from "./fields.ts";
import { Router, type Match } from "./router.ts";
import type { Tokens } from "./token.ts";
import type { World } from "./world.ts";

/** One HTTP request, read to its end. */
export interface Inbound {
  service: "api" | "identity";
  method: string;
  /** Below the service's base. */
  path: string;
  query: URLSearchParams;
  contentType: string;
  authorization: string;
  body: Body;
}

export interface ApiParts {
  world: World;
  dialect: Dialect;
  tokens: Tokens;
  version: string;
  /** Where this emulator is reachable, for `GET /config`. */
  url: () => string;
}

/** Both services behind one door: turns a request into an answer, synchronously and without touching sockets. */
export class Api {
  readonly #parts: ApiParts;
  readonly #router: Router;

  constructor(parts: ApiParts) {
    this.#parts = parts;
    this.#router = new Router(parts.version);
  }

  /** Verb and template of a request, for the history; unknown paths share one name. */
  routeName(method: string, service: "api" | "identity", path: string): string {
    if (service === "identity") return path === "/connect/token" ? `${method} /connect/token` : `${method} (unknown)`;
    if (path === "/config" || path === "/alive") return `${method} ${path}`;
    const match = this.#router.match(method, path);
    if (match.kind === "unknown") return `${method} (unknown)`;
    return `${method} ${match.kind === "found" ? match.route.path : match.template}`;
  }

  /** Never throws for anything a client can send; `onBug` hears of an emulator's own mistake. */
  answer(inbound: Inbound, onBug: (thrown: unknown) => void): Answer {
    try {
      return inbound.service === "identity" ? this.#identity(inbound) : this.#api(inbound);
    } catch (thrown) {
      if (thrown instanceof Refusal) return thrown.answer;
      onBug(thrown);
      return crashAnswer();
    }
  }

  #identity({ method, path, contentType, authorization, body }: Inbound): Answer {
    if (path !== "/connect/token") throw notFound();
    if (method !== "POST") return { status: 405, headers: { Allow: "POST" } };
    return this.#parts.tokens.answer(contentType, authorization, body.form());
  }

  #api(inbound: Inbound): Answer {
    if (inbound.method === "GET" && inbound.path === "/config") return ok(this.#config());
    if (inbound.method === "GET" && inbound.path === "/alive") return ok(new Date().toISOString());
    const match: Match = this.#router.match(inbound.method, inbound.path);
    if (match.kind === "unknown") throw notFound();
    if (match.kind === "wrong-method") return { status: 405, headers: { Allow: match.allow } };
    const status = this.#parts.tokens.check(bearerOf(inbound));
    if (status === 401) return { status, headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' } };
    if (status === 403) return { status };
    const id = match.id === "" ? "" : parseGuid(match.id);
    if (id === null) throw badModel({ id: [`The value '${match.id}' is not valid.`] });
    const { world, dialect } = this.#parts;
    return match.route.handle({ world, dialect, id, query: inbound.query, fields: () => readFields(inbound) });
  }

  #config(): object {
    const url = this.#parts.url();
    const { hosted, stagedFlag } = this.#parts.world.organization;
    return {
      object: "config",
      version: this.#parts.version,
      gitHash: "ac309aa1",
      server: null,
      environment: {
        cloudRegion: hosted === "cloud" ? "US" : "self-hosted",
        vault: url,
        api: `${url}/api`,
        identity: `${url}/identity`,
        notifications: `${url}/notifications`,
        sso: `${url}/sso`,
      },
      featureStates: { "pm-34423-staged-status": stagedFlag },
      push: { pushTechnology: 0, vapidPublicKey: null },
      communication: null,
      settings: { disableUserRegistration: false },
    };
  }
}

function bearerOf({ authorization, query }: Inbound): string {
  const bearer = /^bearer +(\S+)$/i.exec(authorization);
  return bearer?.[1] ?? query.get("access_token") ?? "";
}

function readFields({ contentType, body }: Inbound): Fields {
  if (body.bytes.length > 0 && !/^(application|text)\/([\w.-]+\+)?json\b/i.test(contentType)) {
    throw new Refusal({ status: 415 });
  }
  return new Fields(body.json());
}
