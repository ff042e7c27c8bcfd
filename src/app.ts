import { randomUUID } from "node:crypto";
import { setInterval } from "node:timers";
import type { Config } from "./config/parse.ts";
import { keys, openConnection, type OpenConnection } from "./app/connections.ts";
import { createObserver } from "./app/observer.ts";
import { serveRequests } from "./app/requests.ts";
import { runSync } from "./app/sync-request.ts";
import { startTicks } from "./app/ticks.ts";
import { toBridgeError } from "./domain/errors.ts";
import type { Log } from "./observe/log.ts";
import type { Metrics } from "./observe/metrics.ts";
import { InProcessQueue } from "./queue/in-process.ts";
import { openDatabase, type Database } from "./store/database.ts";
import { DirectoryStore } from "./store/directory-store.ts";
import { Hints } from "./store/hints.ts";
import { Inbox } from "./store/inbox.ts";
import { lockStore } from "./store/lock.ts";
import { migrate } from "./store/migrations.ts";
import { recoverSending } from "./store/operations.ts";
import { pruneRuns } from "./store/runs.ts";
import { deviceIdentifier, ensureRows } from "./store/state.ts";
import { writeLoop } from "./sync/loops.ts";
import { readLoop, snapshotLoop } from "./sync/read/read-loop.ts";

/** Keys worked on at once; each organization and each connection has its own. */
const CONCURRENCY = 16;
/** Rings whatever is due: the net below every lost doorbell. */
const SWEEP_MS = 30_000;
/** One look at the hints for all that was received in this time; short beside what a leaver may wait. */
const RING_MS = 10;
/** How soon a command beside the service is noticed. */
const REQUESTS_MS = 200;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Longer than any sender repeats an event. */
const INBOX_DAYS = 7;
const RUNS_DAYS = 90;

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
  /** After new hints were written for a connection. */
  ring(connection: string): void;
  /** Starts working: what was left over, what is rung, and (`clock`) the schedule and the requests of commands. */
  start(options: { clock: boolean }): Promise<void>;
  sync(connection: string | null, full: boolean): ReturnType<typeof runSync>;
  /** Carries out the requests that commands have written, or only the one named. */
  serveRequests(only?: number): Promise<void>;
}

/** Locks and opens the store, and wires everything; nothing outside is contacted yet. */
export async function openApp(config: Config, options: AppOptions): Promise<App> {
  await using stack = new AsyncDisposableStack();
  const file = options.sqlite ?? config.store.sqlite;
  stack.use(await lockStore(file, options.command));
  const database = stack.use(openDatabase(file));
  await migrate(database);
  await ensureRows(
    database.writer,
    config.organizations.map(({ name }) => name),
    config.connections,
  );
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
  const connections = config.connections.flatMap((connection) => {
    const organization = config.organizations.find(({ name }) => name === connection.organization);
    if (!organization) return [];
    return [stack.use(openConnection(connection, organization, parts))];
  });
  // Disposed first: work ends before what it uses.
  stack.use(queue);
  return new RunningApp(config, options, { ...parts, connections, inbox: new Inbox(database) }, stack.move());
}

interface AppParts {
  database: Database;
  queue: InProcessQueue;
  connections: OpenConnection[];
  inbox: Inbox;
}

class RunningApp implements App {
  readonly config: Config;
  readonly database: Database;
  readonly inbox: Inbox;
  readonly connections: readonly OpenConnection[];
  readonly #queue: InProcessQueue;
  readonly #log: Log;
  readonly #stack: AsyncDisposableStack;
  readonly #stopping = new AbortController();
  #serving: Promise<void> | undefined;

  constructor(config: Config, options: AppOptions, parts: AppParts, stack: AsyncDisposableStack) {
    this.config = config;
    this.database = parts.database;
    this.inbox = parts.inbox;
    this.connections = parts.connections;
    this.#queue = parts.queue;
    this.#log = options.log;
    this.#stack = stack;
  }

  ring(name: string): void {
    this.connections.find(({ owner }) => owner.connection === name)?.ringDirectory(Date.now() + RING_MS);
  }

  async start({ clock }: { clock: boolean }): Promise<void> {
    for (const { owner } of this.connections) await recoverSending(this.database.writer, owner);
    this.#queue.work((key, signal) => this.#work(key, signal), { concurrency: CONCURRENCY });
    this.#sweep();
    this.#every(SWEEP_MS, () => {
      this.#sweep();
    });
    if (!clock) return;
    this.#every(REQUESTS_MS, () => {
      this.#notice();
    });
    this.#prune();
    this.#every(DAY_MS, () => {
      this.#prune();
    });
    const signal = this.#stopping.signal;
    this.#stack.use(await startTicks(this.config, this.connections, this.inbox, this.#log, signal));
  }

  sync(connection: string | null, full: boolean): ReturnType<typeof runSync> {
    const { connections, inbox } = this;
    return runSync(
      { connections: [...connections], queue: this.#queue, inbox, signal: this.#stopping.signal },
      connection,
      full,
    );
  }

  async serveRequests(only?: number): Promise<void> {
    const context = {
      database: this.database,
      connections: [...this.connections],
      sync: (connection: string | null, full: boolean) => this.sync(connection, full),
    };
    await serveRequests(context, only);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error("the bridge is stopping"));
    await this.#serving;
    await this.#stack.disposeAsync();
  }

  async #work(key: string, closing: AbortSignal): Promise<void> {
    const [kind = "", name = ""] = key.split("/");
    // A stop ends reads at once, and writes after the request that is under way.
    const signal = AbortSignal.any([closing, this.#stopping.signal]);
    for (const connection of this.connections) {
      const { owner } = connection;
      if (kind === "reads" && owner.connection === name) await readLoop(connection, signal);
      if (kind === "snapshot" && owner.connection === name) await snapshotLoop(connection, signal);
      if (kind === "organization" && owner.organization === name) {
        await writeLoop(connection, signal, (dueAt) => {
          this.#queue.ring(keys.organization(name), { dueAt });
        });
      }
    }
  }

  #sweep(): void {
    for (const connection of this.connections) {
      connection.ringDirectory();
      connection.ringOrganization();
    }
  }

  /** One round of requests at a time: a `sync` takes as long as it takes. */
  #notice(): void {
    if (this.#serving !== undefined) return;
    this.#serving = this.serveRequests()
      .catch((error: unknown) => {
        this.#log.error({ err: toBridgeError(error) }, "requests could not be served");
      })
      .finally(() => {
        this.#serving = undefined;
      });
  }

  #prune(): void {
    const now = Date.now();
    const removed = [
      this.inbox.prune(now - INBOX_DAYS * DAY_MS),
      pruneRuns(this.database.writer, now - RUNS_DAYS * DAY_MS),
    ];
    Promise.all(removed).catch((error: unknown) => {
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
