import { createHash } from "node:crypto";
import { Job } from "node-schedule";
import { slotsOf, type Slots, type When } from "./slots.ts";

export type TickName = "poll" | "reconcile";

/** What happens regularly to one connection. */
export interface Tick {
  connection: string;
  tick: TickName;
  when: When;
}

export interface ScheduleLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Does the work of one slot, named by its nominal time in ISO form; only rings and writes a row. */
export type OnTick = (connection: string, tick: TickName, slot: string) => Promise<void>;

/** Longest delay between a slot and its tick, so that many connections do not start in one instant. */
const MAX_JITTER_MS = 30_000;

/** Runs one tick at its slots: never two at once, never one slot twice. */
export class Ticker {
  readonly #tick: Tick;
  readonly #slots: Slots;
  readonly #onTick: OnTick;
  readonly #log: ScheduleLog;
  readonly #job: Job;
  #slot = 0;
  #running: Promise<void> | undefined;
  #stopped = false;

  /** Throws `CONFIG_INVALID` when the tick can never happen. */
  constructor(tick: Tick, onTick: OnTick, log: ScheduleLog) {
    this.#tick = tick;
    this.#slots = slotsOf(tick.when);
    this.#onTick = onTick;
    this.#log = log;
    this.#job = new Job(() => {
      this.#fire();
    });
    // node-schedule ends the process when a job throws and nobody listens.
    this.#job.on("error", (error: unknown) => {
      this.#log.error({ ...this.#fields(), err: error }, "a scheduled tick failed");
    });
  }

  /** Arms the next slot, and makes up for the previous one when nothing ran since. `lastRun` in epoch milliseconds. */
  start(lastRun: number | null): void {
    const now = Date.now();
    const previous = this.#slots.previous(now);
    this.#arm(now);
    if (lastRun === null || lastRun < previous) this.#run(previous);
  }

  /** Cancels what is to come and waits for what runs. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#job.cancel();
    await this.#running;
  }

  #arm(after: number): void {
    this.#slot = this.#slots.next(after);
    const gapMs = this.#slots.next(this.#slot) - this.#slot;
    const at = this.#slot + jitterMs(this.#tick.connection, gapMs);
    // An instant, not a rule: node-schedule's rules drift around daylight saving (issue 435).
    if (!this.#job.schedule(new Date(at))) this.#fire();
  }

  #fire(): void {
    if (this.#stopped) return;
    const slot = this.#slot;
    // A machine that slept makes up one slot, not each; a clock set back does not repeat one.
    this.#arm(Math.max(slot, Date.now()));
    this.#run(slot);
  }

  #run(at: number): void {
    const slot = new Date(at).toISOString();
    if (this.#running !== undefined) {
      this.#log.warn({ ...this.#fields(), slot }, "a scheduled tick was skipped, because the one before it still runs");
      return;
    }
    this.#running = this.#work(slot).finally(() => {
      this.#running = undefined;
    });
  }

  async #work(slot: string): Promise<void> {
    try {
      await this.#onTick(this.#tick.connection, this.#tick.tick, slot);
    } catch (error) {
      this.#log.error({ ...this.#fields(), slot, err: error }, "a scheduled tick failed");
    }
  }

  #fields(): { connection: string; tick: TickName } {
    return { connection: this.#tick.connection, tick: this.#tick.tick };
  }
}

/** Spread by name and not by chance: at most a tenth of the gap to the following slot, and the same each time. */
function jitterMs(connection: string, gapMs: number): number {
  const spread = Math.min(MAX_JITTER_MS, Math.floor(gapMs / 10));
  return createHash("sha256").update(connection).digest().readUInt32BE(0) % (spread + 1);
}
