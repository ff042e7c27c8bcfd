import { setTimeout as sleep } from "node:timers/promises";
import { openDatabase } from "../../src/store/database.ts";
import { Changes } from "./changes.ts";
import { difference, differences, twice } from "./compare.ts";
import { planRound, type Kill, type RoundPlan } from "./crash-plan.ts";
import { inspectCopy, isQuiet, missingEvents, readWaiting, requestSync, storeFaults, type Waiting } from "./rows.ts";
import { Sender } from "./sender.ts";
import { Told } from "./told.ts";
import { Truth } from "./truth.ts";
import { Watch } from "./watch.ts";
import type { FaultWorld } from "./world.ts";

/** A kill that waits for a call which never comes happens then. */
const NO_CALL_MS = 1_500;
/** Retries wait longer with every failure. */
const QUIET_TIMEOUT_MS = 120_000;
const POLL_MS = 100;

/** One seeded run over one store: rounds that end in a SIGKILL, and checks in between. */
export class CrashRun {
  readonly #world: FaultWorld;
  readonly #seed: number;
  readonly #changes: Changes;
  readonly #truth: Truth;
  readonly #told = new Told();
  readonly #watch: Watch;
  readonly #sender: Sender;
  readonly #killed: Record<string, number> = {};
  readonly #made: Record<string, number> = {};
  /** From start to ready of every life, in ms; all but the first one recover from a kill. */
  readonly startMs: number[] = [];
  #alive = false;

  constructor(world: FaultWorld, seed: number) {
    this.#world = world;
    this.#seed = seed;
    this.#changes = new Changes(world.okta);
    this.#truth = new Truth(world.okta);
    this.#watch = new Watch(world.bitwarden);
    this.#sender = new Sender(world, this.#told);
  }

  metrics(): Record<string, number | Record<string, number>> {
    return {
      kills: this.#killed,
      changes: this.#made,
      posts: this.#sender.posted,
      acknowledgedEvents: this.#told.acknowledged.size,
      invitations: this.#world.bitwarden.state.outbox.length,
      revocations: this.#watch.count("user", false),
      membershipsGiven: this.#watch.count("edge", true),
      membershipsTaken: this.#watch.count("edge", false),
    };
  }

  /** The first, undisturbed life: the whole directory arrives. */
  async begin(): Promise<string[]> {
    const { bridge, okta, hookUrl, secret, storeFile } = this.#world;
    await bridge.start().ready;
    await okta.hooks.register({ url: hookUrl, secret });
    okta.hooks.configure({ seed: this.#seed, doubled: 0.2, unordered: true, lossRate: 0.15, batchMs: 5 });
    await requestSync(storeFile, true);
    await this.#quiet();
    await bridge.stop();
    return differences(okta, this.#world.bitwarden);
  }

  /** Lives once: starts, works, is killed. Answers what was lost by it. */
  async round(number: number): Promise<string[]> {
    const { bridge, bitwarden, okta } = this.#world;
    const plan = planRound(this.#seed, number);
    okta.setLatency(plan.oktaLatencyMs);
    const { ready } = bridge.start();
    let isReady = false;
    void ready.then(
      (ms) => {
        isReady = true;
        this.startMs.push(ms);
      },
      () => undefined,
    );
    this.#alive = true;
    if (plan.kill.when !== "start") await ready;
    for (const fault of plan.faults) bitwarden.faults.add(fault);
    const acted = this.#act(plan);
    await this.#moment(plan.kill);
    const receiving = this.#sender.underWay > 0;
    this.#alive = false;
    await bridge.kill();
    await acted;
    await this.#sender.settled();
    return inspectCopy(this.#world.storeFile, async (database) => {
      this.#count(isReady ? phaseOf(await readWaiting(database), receiving) : "start");
      const missing = await missingEvents(database, [...this.#told.acknowledged]);
      return missing.map((id) => `event ${id} was acknowledged and is not in the inbox`);
    });
  }

  /** A life without faults: what was acknowledged is applied, then a reconciliation makes everything equal. */
  async check(): Promise<string[]> {
    const { bridge, bitwarden, okta, storeFile } = this.#world;
    bitwarden.faults.clear();
    okta.setLatency(0);
    this.startMs.push(await bridge.start().ready);
    await okta.hooks.idle();
    await this.#sender.settled();
    await this.#quiet();
    const owed = this.#told.owed().flatMap((subject) => difference(subject, okta, bitwarden) ?? []);
    const failures = owed.map((text) => `acknowledged and not applied: ${text}`);
    await requestSync(storeFile, true);
    await this.#quiet();
    for (const text of differences(okta, bitwarden)) failures.push(`not equal after a reconciliation: ${text}`);
    for (const text of twice(bitwarden)) failures.push(`not once: ${text}`);
    failures.push(...this.#watch.unexplained(this.#truth));
    await bridge.stop();
    const faults = await inspectCopy(storeFile, storeFaults);
    return [...failures, ...faults];
  }

  /** Every decision is carried out, also when the process is gone by then: the next round builds on it. */
  async #act({ steps, sync, random }: RoundPlan): Promise<void> {
    for (const [at, step] of steps.entries()) {
      if (sync?.before === at && this.#alive) await requestSync(this.#world.storeFile, sync.full);
      const options = step.by === "post" ? { only: "log" as const } : step.by === "silent" ? { silent: true } : {};
      const change = this.#changes.make(random, options);
      this.#truth.look();
      this.#told.changed(change);
      this.#made[change.what] = (this.#made[change.what] ?? 0) + 1;
      if (step.by === "post" && change.events.length > 0) this.#sender.post(change.events, step.doubled);
      await sleep(step.pauseMs);
    }
  }

  async #moment({ when, calls, afterMs }: Kill): Promise<void> {
    const { okta, bitwarden } = this.#world;
    const counts = {
      start: () => 0,
      time: () => 0,
      "okta read": () => okta.history.length,
      "bitwarden call": () => bitwarden.history.last,
      "bitwarden write": () => bitwarden.history.writes().length,
    };
    const count = counts[when];
    const target = count() + calls;
    const deadline = performance.now() + NO_CALL_MS;
    while (count() < target && performance.now() < deadline) await sleep(1);
    await sleep(afterMs);
  }

  /** Waits until nothing is left to read, decide, send or answer. */
  async #quiet(): Promise<void> {
    const deadline = performance.now() + QUIET_TIMEOUT_MS;
    await using database = openDatabase(this.#world.storeFile);
    for (;;) {
      const waiting = await readWaiting(database);
      if (isQuiet(waiting)) return;
      if (performance.now() > deadline) throw new Error(`never got quiet: ${JSON.stringify(waiting)}`);
      await sleep(POLL_MS);
    }
  }

  #count(phase: string): void {
    this.#killed[phase] = (this.#killed[phase] ?? 0) + 1;
  }
}

/** What the kill interrupted, as far as the rows show it: the most delicate of the things under way. */
function phaseOf(waiting: Waiting, receiving: boolean): string {
  if (waiting.sending > 0) return "between sending and reading back";
  if (receiving) return "receiving";
  if (waiting.unsent > 0) return "before sending";
  if (waiting.undecided > 0) return "before deciding";
  if (waiting.dirty > 0) return "before reading";
  return "idle";
}
