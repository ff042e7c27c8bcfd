import { setTimeout as sleep } from "node:timers/promises";
import { openDatabase } from "../../src/store/database.ts";
import type { ChangeOptions } from "../fakes/okta/admin.ts";
import type { Random } from "../fakes/okta/random.ts";
import { Changes, type Change } from "./changes.ts";
import { difference, differences, twice } from "./compare.ts";
import type { RoundPlan } from "./plan.ts";
import { inspectCopy, isQuiet, missingEvents, readWaiting, requestSync, storeFaults } from "./rows.ts";
import { Sender } from "./sender.ts";
import { Told } from "./told.ts";
import { Truth } from "./truth.ts";
import { Watch } from "./watch.ts";
import type { FaultWorld } from "./world.ts";

/** Retries wait longer with every failure. */
const QUIET_TIMEOUT_MS = 120_000;
const POLL_MS = 100;

/** One seeded run over one store: what was changed and acknowledged, and whether every promise was kept. */
export class Run {
  readonly world: FaultWorld;
  readonly seed: number;
  readonly sender: Sender;
  /** From start to ready of every life, in ms. */
  readonly startMs: number[] = [];
  readonly #changes: Changes;
  readonly #truth: Truth;
  readonly #told = new Told();
  readonly #watch: Watch;
  readonly #made: Record<string, number> = {};

  constructor(world: FaultWorld, seed: number) {
    this.world = world;
    this.seed = seed;
    this.sender = new Sender(world, this.#told);
    this.#changes = new Changes(world.okta);
    this.#truth = new Truth(world.okta);
    this.#watch = new Watch(world.bitwarden);
  }

  metrics(): Record<string, number | Record<string, number>> {
    return {
      changes: this.#made,
      posts: this.sender.posted,
      acknowledgedEvents: this.#told.acknowledged.size,
      invitations: this.world.bitwarden.state.outbox.length,
      revocations: this.#watch.count("user", false),
      membershipsGiven: this.#watch.count("edge", true),
      membershipsTaken: this.#watch.count("edge", false),
    };
  }

  /** The first, undisturbed life: the whole directory arrives. */
  async begin(): Promise<string[]> {
    const { bridge, okta, hookUrl, secret, storeFile } = this.world;
    await bridge.start().ready;
    await okta.hooks.register({ url: hookUrl, secret });
    okta.hooks.configure({ seed: this.seed, doubled: 0.2, unordered: true, lossRate: 0.15, batchMs: 5 });
    await requestSync(storeFile, true);
    await this.#quiet();
    await bridge.stop();
    return differences(okta, this.world.bitwarden);
  }

  /**
   * Makes the changes of a round. Every decision is carried out, also when the process is gone by then:
   * the next round builds on it.
   */
  async act({ steps, sync, random }: RoundPlan, alive: () => boolean): Promise<void> {
    for (const [at, step] of steps.entries()) {
      if (sync?.before === at && alive()) await requestSync(this.world.storeFile, sync.full);
      const options = step.by === "post" ? { only: "log" as const } : step.by === "silent" ? { silent: true } : {};
      const { events } = this.#change(random, options);
      if (step.by === "post" && events.length > 0) this.sender.post(events, step.doubled);
      await sleep(step.pauseMs);
    }
  }

  /** Makes one change that is told at once, and answers the status that the bridge gave, null without an answer. */
  async tell(random: Random): Promise<number | null> {
    const { events } = this.#change(random, { only: "log" });
    return this.sender.deliver(events);
  }

  /** For a store without a process: whatever was acknowledged so far is in it. */
  async lost(): Promise<string[]> {
    await this.sender.settled();
    const missing = await inspectCopy(this.world.storeFile, (database) =>
      missingEvents(database, [...this.#told.acknowledged]),
    );
    return missing.map((id) => `event ${id} was acknowledged and is not in the inbox`);
  }

  /** A life without faults: what was acknowledged is applied, then a reconciliation makes everything equal. */
  async check(): Promise<string[]> {
    const { bridge, bitwarden, okta, storeFile } = this.world;
    bitwarden.faults.clear();
    okta.setLatency(0);
    this.startMs.push(await bridge.start().ready);
    await okta.hooks.idle();
    await this.sender.settled();
    await this.#quiet();
    const owed = this.#told.owed().flatMap((subject) => difference(subject, okta, bitwarden) ?? []);
    const failures = owed.map((text) => `acknowledged and not applied: ${text}`);
    await requestSync(storeFile, true);
    await this.#quiet();
    for (const text of differences(okta, bitwarden)) failures.push(`not equal after a reconciliation: ${text}`);
    for (const text of twice(bitwarden)) failures.push(`not once: ${text}`);
    failures.push(...this.#watch.unexplained(this.#truth));
    await bridge.stop();
    return [...failures, ...(await this.lost()), ...(await inspectCopy(storeFile, storeFaults))];
  }

  #change(random: Random, options: ChangeOptions): Change {
    const change = this.#changes.make(random, options);
    this.#truth.look();
    this.#told.changed(change);
    this.#made[change.what] = (this.#made[change.what] ?? 0) + 1;
    return change;
  }

  /** Waits until nothing is left to read, decide, send or answer. */
  async #quiet(): Promise<void> {
    const deadline = performance.now() + QUIET_TIMEOUT_MS;
    await using database = openDatabase(this.world.storeFile);
    for (;;) {
      const waiting = await readWaiting(database);
      if (isQuiet(waiting)) return;
      if (performance.now() > deadline) throw new Error(`never got quiet: ${JSON.stringify(waiting)}`);
      await sleep(POLL_MS);
    }
  }
}
