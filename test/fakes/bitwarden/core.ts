import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { AdminDoor } from "./admin-door.ts";
import { Admin } from "./admin.ts";
import { failure, type Answer } from "./answers.ts";
import { Api, type Inbound } from "./api.ts";
import { readBody } from "./body.ts";
import { dialectNamed } from "./dialect.ts";
import { Faults, type Fault } from "./faults.ts";
import { History, type HistoryEntry } from "./history.ts";
import { Limiter } from "./limiter.ts";
import { OWNER } from "./model.ts";
import { limitsFrom, NEWEST_VERSION, organizationFrom, slownessFrom, type BitwardenOptions } from "./options.ts";
import { Latency, type Slowness } from "./slowness.ts";
import { Tokens } from "./token.ts";
import { World } from "./world.ts";

/** Everything behind the listener. */
export class Core {
  readonly world: World;
  readonly admin: Admin;
  readonly faults: Faults;
  readonly history: History;
  readonly closing = new AbortController();
  url = "";
  readonly #api: Api;
  readonly #limiter: Limiter | null;
  readonly #latency: Latency;
  /** Calls being carried out. */
  readonly #open = new Set<Promise<Answer>>();
  readonly #door: AdminDoor;

  constructor(options: BitwardenOptions) {
    const now = options.now ?? Date.now;
    const dialect = dialectNamed(options.dialect ?? "bitwarden-mssql");
    this.world = new World(organizationFrom(options));
    const tokens = new Tokens(this.world, {
      lifeSeconds: options.tokenSeconds ?? 3600,
      skewSeconds: options.tokenSeconds === undefined ? 300 : 0,
      issuer: "http://127.0.0.1",
      now,
    });
    this.admin = new Admin(this.world, tokens);
    this.history = new History(options.historyLimit ?? 10_000);
    const limits = limitsFrom(options.limiter);
    this.#limiter = limits === null ? null : new Limiter(limits, now);
    this.faults = new Faults(slownessFrom(options));
    this.#latency = new Latency(options.seed ?? 1);
    const version = options.version ?? NEWEST_VERSION;
    this.#api = new Api({ world: this.world, dialect, tokens, version, url: () => this.url });
    this.#door = new AdminDoor(this);
    if (options.owner !== null) {
      this.admin.addMember({ email: options.owner ?? "owner@example.com", type: OWNER, name: "Owner" });
    }
  }

  async settled(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  /** Answers one request; never rejects. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = readUrl(request);
      if (url?.pathname.startsWith("/__admin/") === true) {
        send(response, this.#door.answer(request.method ?? "", url, await readBody(request)));
        return;
      }
      const answer = url === null ? { status: 400 } : await this.#publicAnswer(request, url);
      if (answer === null) request.socket.resetAndDestroy();
      else send(response, answer);
    } catch {
      // A client or test that went away in the middle: nobody is left to tell.
      request.socket.destroy();
    }
  }

  /** Null means: cut the connection. */
  async #publicAnswer(request: IncomingMessage, url: URL): Promise<Answer | null> {
    const target = locate(url.pathname);
    if (target === null) return { status: 404 };
    const method = request.method ?? "";
    const name = this.#api.routeName(method, target.service, target.path);
    const entry = this.history.open(method, url.pathname, name);
    const inbound: Inbound = {
      ...target,
      method,
      query: url.searchParams,
      contentType: request.headers["content-type"] ?? "",
      authorization: request.headers.authorization ?? "",
      body: await readBody(request),
    };
    this.history.setBody(entry, inbound.body.shown(inbound.contentType), inbound.body.bytes.length);
    const answer = await this.#pass(inbound, url.pathname, request.socket.remoteAddress ?? "", entry);
    entry.status = answer?.status ?? 0;
    if (answer !== null) entry.endedAt = performance.now();
    return answer;
  }

  /** Limiter, latency and faults around the work itself. */
  async #pass(inbound: Inbound, fullPath: string, ip: string, entry: HistoryEntry): Promise<Answer | null> {
    const verdict = this.#limiter?.admit(ip, inbound.service, inbound.method, inbound.path);
    if (verdict !== undefined && verdict.refused !== null) return verdict.refused;
    const { beforeMs, afterMs } = this.#latency.draw(this.faults.slowness.latencyMs);
    await this.#pause(beforeMs);
    const fault = this.faults.take(inbound.method, fullPath, inbound.path);
    if (fault !== null) entry.fault = fault.kind;
    if (fault?.instead !== undefined) return fault.instead;
    if (fault?.kind === "reset") return null;
    const answer = await this.#throughProxy(inbound, fault, entry);
    if (fault?.kind === "latencyAfterWork") await this.#pause(fault.delayMs ?? 0);
    await this.#pause(afterMs);
    if (fault?.kind === "resetAfterWork") return null;
    const whole = { ...answer, headers: { ...(verdict?.headers ?? {}), ...answer.headers } };
    return fault?.after?.(whole) ?? whole;
  }

  /** Waits for the work as long as the proxy does; the work goes on in any case. */
  async #throughProxy(inbound: Inbound, fault: Fault | null, entry: HistoryEntry): Promise<Answer> {
    const slowness = { ...this.faults.slowness, ...fault?.slowness };
    const work = this.#work(inbound, fault, slowness, entry);
    this.#open.add(work);
    void work.then(() => this.#open.delete(work));
    if (slowness.gatewayTimeoutMs === undefined) return work;
    const givenUp = failure(504);
    const answered = new AbortController();
    const patience = this.#pause(slowness.gatewayTimeoutMs, answered.signal).then(() => givenUp);
    const answer = await Promise.race([work, patience]);
    answered.abort();
    if (answer !== givenUp) return answer;
    void work.then(({ status }) => {
      entry.lateStatus = status;
    });
    return answer;
  }

  /** Never rejects. Without slowness it is done in one go. */
  async #work(
    inbound: Inbound,
    fault: Fault | null,
    { mailMs = 0, groupMs = 0 }: Slowness,
    entry: HistoryEntry,
  ): Promise<Answer> {
    if (fault?.kind === "latencyBeforeWork" || fault?.kind === "gatewayTimeout") {
      await this.#pause(fault.delayMs ?? 0).catch(() => undefined);
    }
    return this.#api.answer(inbound, {
      spend: (on) => this.#pause(on === "mail" ? mailMs : groupMs),
      onBug: (thrown) => {
        if (this.closing.signal.aborted) return;
        entry.fault = `emulator bug: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`;
      },
    });
  }

  async #pause(durationMs: number, until?: AbortSignal): Promise<void> {
    if (durationMs <= 0) return;
    const closing = this.closing.signal;
    await sleep(durationMs, undefined, { signal: until === undefined ? closing : AbortSignal.any([closing, until]) });
  }
}

function readUrl(request: IncomingMessage): URL | null {
  return URL.parse(`http://emulator${request.url ?? "/"}`);
}

function locate(pathname: string): { service: "api" | "identity"; path: string } | null {
  if (pathname.startsWith("/api/")) return { service: "api", path: pathname.slice(4) };
  if (pathname.startsWith("/identity/")) return { service: "identity", path: pathname.slice(9) };
  return null;
}

function send(response: ServerResponse, answer: Answer): void {
  const text = answer.html ?? (answer.json === undefined ? "" : JSON.stringify(answer.json));
  const type = answer.html === undefined ? "application/json; charset=utf-8" : "text/html";
  const body = Buffer.from(text);
  response.writeHead(answer.status, {
    ...(body.length === 0 ? {} : { "Content-Type": type }),
    "Content-Length": body.length,
    ...answer.headers,
  });
  response.end(body);
}
