import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startService, type Service } from "../../src/app/service.ts";
import type { SyncReport } from "../../src/app/sync-request.ts";
import type { Config } from "../../src/config/parse.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { createLog } from "../../src/observe/log.ts";
import { createMetrics } from "../../src/observe/metrics.ts";
import { openDatabase, type Database } from "../../src/store/database.ts";
import { listHeld } from "../../src/store/operations/held.ts";
import { listNotices } from "../../src/store/ledger/notices.ts";
import { selectOperations, type OperationRow } from "../../src/store/operations/operations.ts";
import { addRequest, readRequest } from "../../src/store/requests.ts";
import type { BitwardenOptions } from "../fakes/bitwarden/options.ts";
import { startBitwarden, type FakeBitwarden } from "../fakes/bitwarden/server.ts";
import { startOkta, type OktaEmulator } from "../fakes/okta/server.ts";
import { bridgeFile, HOOK_SECRET, oktaConnection, ORGANIZATION, secretsOf } from "../support/config.ts";

/** The names of the two connections: the company, and the one that it bought. */
export type Name = "hq" | "lab";

const QUIET_MS = 20_000;
const REVOKED = -1;

interface TwoOptions {
  /** The connection whose word that somebody left is final. */
  authoritative?: Name;
  /** Options of one connection, e.g. `{ leaver: "report" }`. */
  sync?: Partial<Record<Name, object>>;
  /** Keys of the organization. */
  organization?: object;
  bitwarden?: BitwardenOptions;
  /** Equal seeds make equal ids; 1 and 2 unless given. */
  seeds?: [number, number];
  /** Which connections are configured; both unless given. */
  connections?: Name[];
}

/** Two Oktas feed one organization, over real HTTP; both begin without people and groups. */
export class TwoWorld implements AsyncDisposable {
  readonly okta: Record<Name, OktaEmulator>;
  readonly bitwarden: FakeBitwarden;
  readonly folder: string;
  #options: TwoOptions;
  #bridge: Service;

  private constructor(
    okta: Record<Name, OktaEmulator>,
    bitwarden: FakeBitwarden,
    folder: string,
    options: TwoOptions,
    bridge: Service,
  ) {
    this.okta = okta;
    this.bitwarden = bitwarden;
    this.folder = folder;
    this.#options = options;
    this.#bridge = bridge;
  }

  static async start(options: TwoOptions = {}): Promise<TwoWorld> {
    const [hqSeed, labSeed] = options.seeds ?? [1, 2];
    const okta = {
      hq: await startOkta({ users: 0, groups: 0, seed: hqSeed }),
      lab: await startOkta({ users: 0, groups: 0, seed: labSeed }),
    };
    const bitwarden = await startBitwarden({ hosted: "self", ...options.bitwarden });
    const folder = await mkdtemp(join(tmpdir(), "bwbridge-two-"));
    Object.assign(process.env, secretsOf(okta.hq, bitwarden));
    const bridge = await startService(configOf(folder, okta, bitwarden, options, 0), bridgeOptions(), false);
    const world = new TwoWorld(okta, bitwarden, folder, options, bridge);
    for (const name of NAMES) {
      await okta[name].hooks.register({ url: `${bridge.hooks.url}/hooks/okta/${name}`, secret: HOOK_SECRET });
    }
    return world;
  }

  get app() {
    return this.#bridge.app;
  }

  get adminUrl(): string {
    return this.#bridge.admin.url;
  }

  get store(): string {
    return join(this.folder, "bridge.db");
  }

  get database(): Database {
    return this.app.database;
  }

  /** A new active person of one directory, in groups of it; answers the directory's id. */
  person(name: Name, email: string, groups: string[] = []): string {
    const { admin } = this.okta[name];
    const id = admin.createUser({ firstName: email.split("@")[0] ?? "", lastName: name, email }, { silent: true });
    for (const group of groups) admin.addToGroup(id, this.group(name, group), { silent: true });
    return id;
  }

  /** The group of this name, made when it is not there. */
  group(name: Name, groupName: string): string {
    const { admin, state } = this.okta[name];
    const known = [...state.groups.values()].find(({ profile }) => profile.name === groupName);
    return known?.id ?? admin.createGroup(groupName, { silent: true });
  }

  full(): Promise<SyncReport> {
    return this.app.sync(null, true);
  }

  /** Waits until every hook is delivered, every due hint decided and every due operation closed. */
  async quiet(): Promise<void> {
    const until = Date.now() + QUIET_MS;
    for (let calm = 0; calm < 3;) {
      for (const name of NAMES) await this.okta[name].hooks.idle();
      const left = await this.#left();
      calm = left === 0 ? calm + 1 : 0;
      if (Date.now() > until) throw new Error(`still ${String(left)} things to do`);
      await sleep(8);
    }
  }

  async #left(): Promise<number> {
    const now = Date.now();
    const rows = await this.database.reader.raw<{ left: number }[]>(
      `SELECT (SELECT COUNT(*) FROM hints JOIN connections ON connections.name = hints.connection
          WHERE connections.started = 1 AND connections.name IN (SELECT value FROM json_each(?)) AND (resolved > done OR hinted > resolved AND (due_at <= ? OR attempts = 0)))
        + (SELECT COUNT(*) FROM operations WHERE state IN ('ready', 'sending') AND due_at <= ?) AS left`,
      [JSON.stringify(this.#options.connections ?? NAMES), now, now],
    );
    return rows[0]?.left ?? 0;
  }

  /** The members of an address: usually one. */
  members(email: string) {
    return this.bitwarden.dump().members.filter((member) => member.email === email);
  }

  hasAccess(email: string): boolean {
    return this.members(email).some(({ status }) => status !== REVOKED);
  }

  /** Groups by name that hold the member of this address, sorted; those that everybody is in are left out. */
  groupsOf(email: string): string[] {
    const { members, groups, groupMembers } = this.bitwarden.state;
    const held = [...members.values()].find((one) => (one.account?.email ?? one.email) === email)?.id ?? "";
    const names = [...groups.values()].filter((group) => groupMembers.get(group.id)?.has(held) === true);
    return names
      .map(({ name }) => name)
      .filter((name) => name !== "Everyone")
      .sort();
  }

  held(): Promise<OperationRow[]> {
    return listHeld(this.database.reader, ORGANIZATION);
  }

  operations(where = "1 = 1"): Promise<OperationRow[]> {
    return selectOperations(this.database.reader, ORGANIZATION, where, []);
  }

  async notices(): Promise<{ code: string; label: string }[]> {
    const notices = await listNotices(this.database.reader, ORGANIZATION);
    return notices.map(({ code, label }) => ({ code, label }));
  }

  /** What a command beside the service asks for. */
  async request(args: { command: string } & Record<string, unknown>): Promise<void> {
    const id = await addRequest(this.database.writer, args.command, args, Date.now());
    await this.app.serveRequests({ only: id });
    const row = await readRequest(this.database.reader, id);
    if (row?.state !== "done") throw new Error(`request failed: ${row?.result ?? ""}`);
  }

  async approveAll(): Promise<void> {
    const ids = (await this.held()).map(({ id }) => id);
    await this.request({ command: "approve", ids, by: "tester", plans: [ORGANIZATION] });
    await this.quiet();
  }

  /** Everything that the directory cannot be asked: it answers 503 until `isBack`. */
  goesAway(name: Name): void {
    this.okta[name].faults.add({ kind: "status", status: 503, times: Number.POSITIVE_INFINITY });
  }

  isBack(name: Name): void {
    this.okta[name].faults.clear();
  }

  /** Stops the bridge, changes the configuration (and the store), and starts it again on the same store. */
  async restart(
    changes: TwoOptions = {},
    between: (database: Database) => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const { port } = this.#bridge.hooks;
    await this.#bridge[Symbol.asyncDispose]();
    {
      await using database = openDatabase(this.store);
      await between(database);
    }
    this.#options = { ...this.#options, ...changes };
    const config = configOf(this.folder, this.okta, this.bitwarden, this.#options, port);
    this.#bridge = await startService(config, bridgeOptions(), false);
  }

  /** Runs SQL on the store, as nothing else would do it. */
  async tamper(sql: string): Promise<void> {
    await using database = openDatabase(this.store);
    await database.writer.raw(sql);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bridge[Symbol.asyncDispose]();
    for (const name of NAMES) await this.okta[name].stop();
    await this.bitwarden.stop();
    await rm(this.folder, { recursive: true });
  }
}

const NAMES: Name[] = ["hq", "lab"];

function bridgeOptions() {
  return { command: "test", log: createLog({ level: "silent" }), metrics: createMetrics() };
}

function configOf(
  folder: string,
  okta: Record<Name, OktaEmulator>,
  bitwarden: FakeBitwarden,
  options: TwoOptions,
  hooksPort: number,
): Config {
  const { authoritative, connections = NAMES, organization = {}, sync = {} } = options;
  const file = bridgeFile({
    bitwarden,
    connections: connections.map((name) =>
      oktaConnection(okta[name], { name, authoritative: name === authoritative, sync: sync[name] ?? {} }),
    ),
    organization,
    hooksPort,
  });
  return parseConfig(JSON.stringify(file), join(folder, "bridge.yaml"));
}
