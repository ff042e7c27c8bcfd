import { crashAnswer, notFound, ok, Refusal, type Answer } from "./answers.ts";
import { bindBody, requireJsonType } from "./binding.ts";
import type { Body } from "./body.ts";
import type { Call, Route } from "./call.ts";
import type { Dialect } from "./dialect.ts";
import { Fields } from "./fields.ts";
import { parsePathGuid } from "./guid.ts";
import { ModelErrors } from "./model-errors.ts";
import { parsePolicyType } from "./policies.ts";
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

/** How one call is carried out, beside what it asks for. */
export interface Conduct {
  spend: Call["spend"];
  /** Hears of an emulator's own mistake. */
  onBug: (thrown: unknown) => void;
}

/** Both services behind one door: turns a request into an answer, without touching sockets. */
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

  /** Never rejects for anything a client can send. Without slowness the work is done in one go. */
  async answer(inbound: Inbound, { spend, onBug }: Conduct): Promise<Answer> {
    try {
      return inbound.service === "identity" ? this.#identity(inbound) : await this.#api(inbound, spend);
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

  async #api(inbound: Inbound, spend: Call["spend"]): Promise<Answer> {
    if (inbound.method === "GET" && inbound.path === "/config") return ok(this.#config());
    if (inbound.method === "GET" && inbound.path === "/alive") return ok(new Date().toISOString());
    const match: Match = this.#router.match(inbound.method, inbound.path);
    if (match.kind === "unknown") throw notFound();
    if (match.kind === "wrong-method") return { status: 405, headers: { Allow: match.allow } };
    const status = this.#parts.tokens.check(bearerOf(inbound));
    if (status === 401) return { status, headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' } };
    if (status === 403) return { status };
    const { world, dialect } = this.#parts;
    const errors = new ModelErrors();
    const id = readId(match, errors);
    const fields = fieldsOf(match.route, inbound, errors);
    return match.route.handle({ world, dialect, id, query: inbound.query, fields, spend });
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

/** Notes what is wrong with the id in the path: it is reported together with the body. */
function readId({ route, id: raw }: Match & { kind: "found" }, errors: ModelErrors): string {
  if (raw === "") return "";
  if (route.id === "policy type") return parsePolicyType(raw, errors);
  const id = parsePathGuid(raw);
  if (id === null) errors.add("id", `The value '${raw}' is not valid.`);
  return id ?? "";
}

function fieldsOf({ body }: Route, inbound: Inbound, errors: ModelErrors): () => Fields {
  if (body === undefined) {
    errors.throwIfAny();
    return () => new Fields({}, errors);
  }
  requireJsonType(inbound.contentType);
  return () => bindBody(inbound.body, body, errors);
}
