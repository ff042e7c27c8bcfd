import { randomUUID } from "node:crypto";
import { setInterval } from "node:timers";
import { identitiesOf } from "./config/identities.ts";
import type { Config } from "./config/parse.ts";
import { keys, openConnection, type OpenConnection } from "./app/connections.ts";
import { openOrganization, type OpenOrganization } from "./app/organizations.ts";
import { createObserver } from "./app/observer.ts";
import { serveRequests, type Lane } from "./app/requests.ts";
import { runSync } from "./app/sync-request.ts";
import { startTicks } from "./app/ticks.ts";
import { toBridgeError } from "./domain/errors.ts";
import type { Log } from "./observe/log.ts";
import type { Metrics } from "./observe/metrics.ts";
import { InProcessQueue } from "./queue/in-process.ts";
import { openDatabase, transaction, type Database } from "./store/database.ts";
import { claimIdentities } from "./store/identity.ts";
import { DirectoryStore } from "./store/directory/directory-store.ts";
import { Hints } from "./store/hints/hints.ts";
import { Inbox } from "./store/hints/inbox.ts";
import { lockStore } from "./store/lock.ts";
import { migrate } from "./store/migrations.ts";
import { prune } from "./store/prune.ts";
import { deviceIdentifier } from "./store/state.ts";
import { writeTurn } from "./sync/loops.ts";
import { readLoop, snapshotLoop } from "./sync/read/read-loop.ts";

/** Rings whatever is due: the net below every lost doorbell. */
const SWEEP_MS = 30_000;
/** One look at the hints for all that was received in this time; short beside what a leaver may wait. */
const RING_MS = 10;
/** How soon a command beside the service is noticed. */
const REQUESTS_MS = 200;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface AppOptions {
  /** Named as the holder of the store's lock, e.g. `bwbridge serve`. */
  command: string;
  log: Log;
  metrics: Metrics;
  /** Instead of the configured store: a copy to plan on. */
  sqlite?: string;
  /** Read and decide only: nothing is sent, whatever the configuration says. */
  planOnly?: boolean;
}

/** The bridge, built from a configuration. Commands, the service and the tests drive the same one. */
export interface App extends AsyncDisposable {
  readonly config: Config;
  readonly database: Database;
  readonly inbox: Inbox;
  readonly connections: readonly OpenConnection[];
  readonly organizations: readonly OpenOrganization[];
  /** After new hints were written for a connection. */
  ring(connection: string): void;
  /** Starts working: what was left over, what is rung, and (`clock`) the schedule and the requests of commands. */
  start(options: { clock: boolean }): Promise<void>;
  sync(connection: string | null, full: boolean): ReturnType<typeof runSync>;
  /** From now on carries out what other commands decide meanwhile, such as `stop`; a service does so anyway. */
  heedDecisions(): void;
  /** Carries out the requests of one lane that commands have written, or only the one named. */
  serveRequests(which: { lane: Lane } | { only: number }): Promise<void>;
}

/** Locks and opens the store, and wires everything; nothing outside is contacted yet. */
export async function openApp(config: Config, options: AppOptions): Promise<App> {
  await using stack = new AsyncDisposableStack();
  const file = options.sqlite ?? config.store.sqlite;
  stack.use(await lockStore(file, options.command));
  const database = stack.use(openDatabase(file));
  await migrate(database);
  await transaction(database, (trx) => claimIdentities(trx, identitiesOf(config)));
  const queue = new InProcessQueue({
    onError(error, key) {
      options.log.error({ key, err: toBridgeError(error) }, "work failed");
    },
  });
  const parts = {
    database,
    hints: new Hints(database),
    directoryStore: await DirectoryStore.open(database),
    queue,
    observer: createObserver(options.log, options.metrics),
    metrics: options.metrics,
    deviceIdentifier: await deviceIdentifier(database.writer, randomUUID()),
    planOnly: options.planOnly === true,
  };
  const connections = config.connections.map((connection) => stack.use(openConnection(connection, parts)));
  const organizations = config.organizations.map((one) => stack.use(openOrganization(one, connections, parts)));
  // Disposed first: work ends before what it uses.
  stack.use(queue);
  return new RunningApp(
    config,
    options,
    { ...parts, connections, organizations, inbox: new Inbox(database) },
    stack.move(),
  );
}

interface AppParts {
  database: Database;
  queue: InProcessQueue;
  connections: OpenConnection[];
  organizations: OpenOrganization[];
  inbox: Inbox;
}

class RunningApp implements App {
  readonly config: Config;
  readonly database: Database;
  readonly inbox: Inbox;
  readonly connections: readonly OpenConnection[];
  readonly organizations: readonly OpenOrganization[];
  readonly #queue: InProcessQueue;
  readonly #log: Log;
  readonly #stack: AsyncDisposableStack;
  readonly #stopping = new AbortController();
  readonly #work = new Map<string, (signal: AbortSignal) => Promise<void>>();
  readonly #serving = new Map<Lane, Promise<void>>();
  #pruning = Promise.resolve();

  constructor(config: Config, options: AppOptions, parts: AppParts, stack: AsyncDisposableStack) {
    this.config = config;
    this.database = parts.database;
    this.inbox = parts.inbox;
    this.connections = parts.connections;
    this.organizations = parts.organizations;
    this.#queue = parts.queue;
    this.#log = options.log;
    this.#stack = stack;
    for (const connection of parts.connections) {
      const name = connection.owner.connection;
      this.#work.set(keys.reads(name), (signal) => readLoop(connection, signal));
      this.#work.set(keys.snapshot(name), (signal) => snapshotLoop(connection, signal));
    }
    for (const organization of parts.organizations) {
      this.#work.set(keys.organization(organization.name), (signal) => writeTurn(organization, signal));
    }
  }

  ring(name: string): void {
    this.connections.find(({ owner }) => owner.connection === name)?.ringDirectory(Date.now() + RING_MS);
  }

  async start({ clock }: { clock: boolean }): Promise<void> {
    // A stop ends reads at once, and writes after the request that is under way.
    const stopping = this.#stopping.signal;
    // Everybody has a turn of their own: what one connection or organization has to do keeps no other waiting.
    this.#queue.work(async (key, closing) => this.#work.get(key)?.(AbortSignal.any([closing, stopping])), {
      concurrency: Math.max(1, this.#work.size),
    });
    this.#sweep();
    this.#every(SWEEP_MS, () => {
      this.#sweep();
    });
    if (!clock) return;
    this.#every(REQUESTS_MS, () => {
      this.#notice("sync");
    });
    this.heedDecisions();
    this.#prune();
    this.#every(DAY_MS, () => {
      this.#prune();
    });
    this.#stack.use(await startTicks(this.config, this.connections, this.inbox, this.#log, stopping));
  }

  heedDecisions(): void {
    this.#every(REQUESTS_MS, () => {
      this.#notice("decisions");
    });
  }

  sync(connection: string | null, full: boolean): ReturnType<typeof runSync> {
    const { connections, organizations, inbox } = this;
    const parts = { connections, organizations, queue: this.#queue, inbox, signal: this.#stopping.signal };
    return runSync(parts, connection, full);
  }

  async serveRequests(which: Parameters<typeof serveRequests>[1]): Promise<void> {
    const { database, connections, organizations } = this;
    const sync = (connection: string | null, full: boolean): Promise<unknown> => this.sync(connection, full);
    await serveRequests({ database, connections, organizations, sync }, which);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error("the bridge is stopping"));
    await Promise.all([...this.#serving.values(), this.#pruning]);
    await this.#stack.disposeAsync();
  }

  #sweep(): void {
    for (const connection of this.connections) {
      connection.ringDirectory();
      connection.ringOrganization();
    }
  }

  /** One round of a lane at a time; `stop` and `approve` do not wait for a `sync`. */
  #notice(lane: Lane): void {
    if (this.#serving.has(lane)) return;
    const round = this.serveRequests({ lane })
      .catch((error: unknown) => {
        this.#log.error({ err: toBridgeError(error) }, "requests could not be served");
      })
      .finally(() => {
        this.#serving.delete(lane);
      });
    this.#serving.set(lane, round);
  }

  #prune(): void {
    this.#pruning = prune(this.database.writer, Date.now(), this.#stopping.signal).catch((error: unknown) => {
      this.#log.error({ err: toBridgeError(error) }, "old rows were not removed");
    });
  }

  #every(ms: number, work: () => void): void {
    const timer = setInterval(work, ms);
    this.#stack.defer(() => {
      clearInterval(timer);
    });
  }
}
