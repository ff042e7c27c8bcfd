import { Ticker, type OnTick, type ScheduleLog, type Tick, type TickName } from "./ticker.ts";

export interface ScheduleOptions {
  ticks: Tick[];
  onTick: OnTick;
  /** When the tick last ran (its slot or later), in epoch milliseconds; null: never. */
  lastRun: (connection: string, tick: TickName) => Promise<number | null>;
  log: ScheduleLog;
}

/**
 * Starts the clock: every tick calls `onTick` at its slots, delayed by a jitter that its connection's
 * name decides. A tick that has missed its previous slot, or has never run, is made up for at once.
 * Disposing cancels the ticks and waits for those that run. Rejects with `CONFIG_INVALID` before
 * anything is started, and with what `lastRun` rejects with.
 */
export async function startSchedule({ ticks, onTick, lastRun, log }: ScheduleOptions): Promise<AsyncDisposable> {
  const tickers = await Promise.all(
    ticks.map(async (tick) => ({
      ticker: new Ticker(tick, onTick, log),
      lastRun: await lastRun(tick.connection, tick.tick),
    })),
  );
  for (const one of tickers) one.ticker.start(one.lastRun);
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(tickers.map(({ ticker }) => ticker.stop()));
    },
  };
}
