import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { App } from "../../src/app.ts";
import { startService, type Service } from "../../src/app/service.ts";
import type { OrganizationReport } from "../../src/app/sync-request.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { createLog } from "../../src/observe/log.ts";
import { createMetrics } from "../../src/observe/metrics.ts";
import { openDatabase } from "../../src/store/database.ts";
import { listHeld } from "../../src/store/operations/held.ts";
import { listNotices } from "../../src/store/ledger/notices.ts";
import { selectOperations, type OperationRow } from "../../src/store/operations/operations.ts";
import { addRequest, readRequest } from "../../src/store/requests.ts";
import { startBitwarden, type FakeBitwarden } from "../fakes/bitwarden/server.ts";
import type { BitwardenOptions } from "../fakes/bitwarden/options.ts";
import { startOkta, type OktaEmulator, type OktaOptions } from "../fakes/okta/server.ts";
import {
  bridgeFile,
  CONNECTION,
  HOOK_SECRET,
  NO_GUARD,
  oktaConnection,
  ORGANIZATION,
  secretsOf,
} from "../support/config.ts";

export const OWNER = { organization: ORGANIZATION, connection: CONNECTION };
const QUIET_MS = 20_000;

export { NO_GUARD };

/** The key of an Okta user or group in operations, ledger and notices. */
export function keyOf(id: string | undefined): string {
  return `${OWNER.connection}/${id ?? ""}`;
}

/** The Okta id behind such a key. */
export function oktaId(key: string): string {
  return key.slice(OWNER.connection.length + 1);
}

/** What tests change in the configuration. */
export interface Changes {
  organization?: Record<string, unknown>;
  sync?: Record<string, unknown>;
}

interface WorldOptions extends Changes {
  okta?: OktaOptions;
  bitwarden?: BitwardenOptions;
  /** Event hooks are registered with Okta (default). */
  hooks?: boolean;
}

/** What one reconciliation did, on all sides together. */
interface Full extends Pick<OrganizationReport, "failure" | "operations" | "open" | "stillActive"> {
  stopped: boolean;
}

/** Okta, the bridge and Bitwarden in one process, over real HTTP. */
export class World implements AsyncDisposable {
  readonly okta: OktaEmulator;
  readonly bitwarden: FakeBitwarden;
  readonly #folder: string;
  #changes: Changes;
  #bridge: Service;

  private constructor(okta: OktaEmulator, bitwarden: FakeBitwarden, folder: string, changes: Changes, bridge: Service) {
    this.okta = okta;
    this.bitwarden = bitwarden;
    this.#folder = folder;
    this.#changes = changes;
    this.#bridge = bridge;
  }

  static async start(options: WorldOptions): Promise<World> {
    const okta = await startOkta({ users: 12, groups: 3, activeOnly: true, ...options.okta });
    const bitwarden = await startBitwarden({ hosted: "self", ...options.bitwarden });
    const folder = await mkdtemp(join(tmpdir(), "bwbridge-flow-"));
    Object.assign(process.env, secretsOf(okta, bitwarden));
    const bridge = await open(folder, okta, bitwarden, options, 0);
    const world = new World(okta, bitwarden, folder, options, bridge);
    if (options.hooks !== false) {
      await okta.hooks.register({ url: world.hooksUrl, secret: HOOK_SECRET });
    }
    return world;
  }

  get app(): App {
    return this.#bridge.app;
  }

  get hooksUrl(): string {
    return `${this.#bridge.hooks.url}/hooks/okta/okta-main`;
  }

  get #db() {
    return this.app.database;
  }

  /** Reconciles everything and waits until nothing is left to do now. */
  async full(): Promise<Full> {
    const { connections, organizations } = await this.app.sync(null, true);
    const failed = [...connections, ...organizations].find(({ failure }) => failure !== null);
    return {
      failure: failed?.failure ?? null,
      stopped: connections.some(({ stopped }) => stopped),
      operations: organizations.flatMap(({ operations }) => operations),
      open: organizations.flatMap(({ open: left }) => left),
      stillActive: organizations.flatMap((one) => one.stillActive),
    };
  }

  /** Asks the System Log what changed, as the poll tick does, and waits. */
  async poll(): Promise<void> {
    await this.app.sync(null, false);
    await this.quiet();
  }

  /** Waits until every hook is delivered, every due hint decided and every due operation closed. */
  async quiet(): Promise<void> {
    const until = Date.now() + QUIET_MS;
    for (let calm = 0; calm < 3;) {
      await this.okta.hooks.idle();
      const left = await this.#left();
      calm = left === 0 ? calm + 1 : 0;
      if (Date.now() > until) throw new Error(`still ${String(left)} things to do: ${await this.#describe()}`);
      await sleep(8);
    }
  }

  async #left(): Promise<number> {
    const rows = await this.#db.reader.raw<{ left: number }[]>(
      `SELECT (SELECT COUNT(*) FROM hints WHERE connection IN (SELECT name FROM connections)
               AND (resolved > done OR hinted > resolved AND (due_at <= ? OR attempts = 0)))
            + (SELECT COUNT(*) FROM operations WHERE state IN ('ready', 'sending') AND due_at <= ?
                 AND NOT (type = 'member.restore' AND state = 'ready')) AS left`,
      [Date.now(), Date.now()],
    );
    return rows[0]?.left ?? 0;
  }

  async #describe(): Promise<string> {
    const hints: unknown = await this.#db.reader.raw("SELECT kind, key, error FROM hints LIMIT 5");
    const open: unknown = await this.#db.reader.raw("SELECT type, state, error FROM operations WHERE open = 1 LIMIT 5");
    return JSON.stringify({ hints, open });
  }

  /** Makes everything that waits for its next attempt due now, and waits until it has been tried. */
  async hurry(): Promise<void> {
    await this.#db.writer.raw("UPDATE operations SET due_at = ? WHERE state = 'ready'", [Date.now()]);
    await this.#db.writer.raw("UPDATE hints SET due_at = ?", [Date.now()]);
    for (const connection of this.app.connections) {
      connection.ringDirectory();
      connection.ringOrganization();
    }
    await this.quiet();
  }

  held(): Promise<OperationRow[]> {
    return listHeld(this.#db.reader, OWNER.organization);
  }

  /** All operations that the SQL condition selects. */
  operations(where = "1 = 1"): Promise<OperationRow[]> {
    return selectOperations(this.#db.reader, OWNER.organization, where, []);
  }

  async notices(): Promise<{ code: string; label: string; text: string }[]> {
    return (await listNotices(this.#db.reader, OWNER.organization)).map(({ code, label, text }) => ({
      code,
      label,
      text,
    }));
  }

  async approve(ids: number[] | "all"): Promise<void> {
    const plans = ids === "all" ? [OWNER.organization] : [];
    await this.request({ command: "approve", ids: await this.#idsOf(ids), by: "tester", plans });
    await this.quiet();
  }

  async reject(ids: number[] | "all"): Promise<void> {
    await this.request({ command: "reject", ids: await this.#idsOf(ids), by: "tester" });
    await this.quiet();
  }

  async #idsOf(ids: number[] | "all"): Promise<number[]> {
    return ids === "all" ? (await this.held()).map(({ id }) => id) : ids;
  }

  /** What a command beside the service asks for. */
  async request(args: { command: string } & Record<string, unknown>): Promise<void> {
    const id = await addRequest(this.#db.writer, args.command, args, Date.now());
    await this.app.serveRequests({ only: id });
    const row = await readRequest(this.#db.reader, id);
    if (row?.state !== "done") throw new Error(`request failed: ${row?.result ?? ""}`);
  }

  /** Stops the bridge, changes the configuration, and starts it again on the same store. */
  async restart(changes: Changes = {}): Promise<void> {
    await this.stopBridge();
    await this.startBridge(changes);
  }

  async startBridge(changes: Changes = {}): Promise<void> {
    const { port } = this.#bridge.hooks;
    this.#changes = {
      organization: { ...this.#changes.organization, ...changes.organization },
      sync: { ...this.#changes.sync, ...changes.sync },
    };
    this.#bridge = await open(this.#folder, this.okta, this.bitwarden, this.#changes, port);
  }

  /** Changes the store of a stopped bridge. */
  async tamper(sql: string): Promise<void> {
    await using database = openDatabase(join(this.#folder, "bridge.db"));
    await database.writer.raw(sql);
  }

  async stopBridge(): Promise<void> {
    await this.#bridge[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopBridge();
    await this.okta.stop();
    await this.bitwarden.stop();
    await rm(this.#folder, { recursive: true });
  }
}

export function startWorld(options: WorldOptions = {}): Promise<World> {
  return World.start(options);
}

function open(
  folder: string,
  okta: OktaEmulator,
  bitwarden: FakeBitwarden,
  changes: Changes,
  port: number,
): Promise<Service> {
  const { organization = {}, sync } = changes;
  const file = bridgeFile({
    bitwarden,
    connections: [oktaConnection(okta, sync === undefined ? {} : { sync })],
    organization,
    hooksPort: port,
  });
  const config = parseConfig(JSON.stringify(file), join(folder, "bridge.yaml"));
  const options = { command: "test", log: createLog({ level: "silent" }), metrics: createMetrics() };
  return startService(config, options, false);
}
