import { setImmediate as nextTurn } from "node:timers/promises";
import type { Knex } from "knex";
import { bounded, type Hint, type HintedEvent } from "../../domain/hint.ts";
import { addHints } from "./add-hints.ts";
import { jsonColumns, jsonRows } from "../bulk.ts";
import { transaction, type Database } from "../database.ts";
import { connectionRow, saveCursor } from "../state.ts";

/** A page of a feed: its cursor moves, and these hints stand, in the commit of its events or not at all. */
export interface FeedPage {
  feed: string;
  cursor: string;
  hints: Hint[];
}

interface Waiting {
  connection: string;
  events: readonly HintedEvent[];
  page: FeedPage | null;
  resolve(result: Accepted): void;
  reject(error: unknown): void;
}

export interface Accepted {
  accepted: number;
  duplicates: number;
}

/** However fast events come in, none waits longer than this for the others of its commit. */
const GATHER_MS = 5;
/** However many events ask for the whole directory, among them every delivery that cannot be read: one snapshot in this time. */
const SNAPSHOTS_APART_MS = 60_000;

/**
 * Events in, durably. Everything that arrives while a commit runs goes into the next one (natural
 * group commit), so throughput survives a slow disk: at 5 ms a sync, 160/s becomes over 4,000/s.
 */
export class Inbox {
  readonly #database: Database;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Resolves once events and hints are on disk, in one commit; rejects when they are not. */
  accept(connection: string, events: readonly HintedEvent[], page: FeedPage | null = null): Promise<Accepted> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ connection, events: events.map(bounded), page, resolve, reject });
      if (!this.#running) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      await this.#gather();
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const fresh = await this.#commit(batch);
        for (const waiting of batch) waiting.resolve(countFresh(waiting, fresh));
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
      }
    }
    this.#running = false;
  }

  /** Waits while every turn of the event loop brings more: a commit of many costs hardly more than of one. */
  async #gather(): Promise<void> {
    const until = performance.now() + GATHER_MS;
    for (let known = 0; this.#waiting.length > known && performance.now() < until;) {
      known = this.#waiting.length;
      await nextTurn();
    }
  }

  async #commit(batch: Waiting[]): Promise<Set<string>> {
    const now = Date.now();
    const rows = batch.flatMap(({ connection, events }) =>
      events.map((event) => [connection, event.id, event.type, subjectsOf(event), now]),
    );
    return transaction(this.#database, async (trx) => {
      const inserted = await trx.raw<{ connection: string; event_id: string }[]>(
        `INSERT INTO inbox (connection, event_id, type, subjects, received_at)
         SELECT ${jsonColumns(5)} FROM json_each(?) WHERE true
         ON CONFLICT DO NOTHING RETURNING connection, event_id`,
        [jsonRows(rows)],
      );
      const fresh = new Set(inserted.map((row) => eventId(row.connection, row.event_id)));
      const hints = batch.flatMap(({ connection, events }) =>
        events.filter((event) => fresh.has(eventId(connection, event.id))).flatMap((event) => event.hints),
      );
      await addHints(
        trx,
        hints.filter(({ subject }) => subject.kind !== "all"),
        now,
      );
      const whole = new Set(
        hints.filter(({ subject }) => subject.kind === "all").map((hint) => hint.subject.connection),
      );
      for (const connection of whole) await hintEverything(trx, connection, now);
      for (const { connection, page } of batch) {
        if (page === null) continue;
        await addHints(trx, page.hints, now);
        await saveCursor(trx, connection, page.feed, page.cursor, now);
      }
      // Here and not by an index over the inbox, which every single event would pay for.
      const names = new Set(batch.map(({ connection }) => connection));
      await trx("connections")
        .whereIn("name", [...names])
        .update({ last_received_at: now });
      return fresh;
    });
  }
}

async function hintEverything(trx: Knex, connection: string, now: number): Promise<void> {
  const last = (await connectionRow(trx, connection))?.everything_due_at ?? 0;
  const next = last > now ? last : Math.max(now, last + SNAPSHOTS_APART_MS);
  // After the clock was set back `last` may lie anywhere in the future.
  const dueAt = Math.min(next, now + SNAPSHOTS_APART_MS);
  await addHints(trx, [{ subject: { connection, kind: "all", key: "" }, via: null, urgent: false }], now, dueAt);
  await trx("connections").where({ name: connection }).update({ everything_due_at: dueAt });
}

/** Epoch ms of the newest event, by hook or poll; null: none yet. */
export async function lastReceivedAt(db: Knex, connection: string): Promise<number | null> {
  return (await connectionRow(db, connection))?.last_received_at ?? null;
}

function countFresh(waiting: Waiting, fresh: Set<string>): Accepted {
  let accepted = 0;
  for (const event of waiting.events) {
    // Deleting makes an event that came twice in one commit count once.
    if (fresh.delete(eventId(waiting.connection, event.id))) accepted += 1;
  }
  return { accepted, duplicates: waiting.events.length - accepted };
}

function eventId(connection: string, id: string): string {
  return `${connection} ${id}`;
}

function subjectsOf(event: HintedEvent): string {
  return event.hints.map(({ subject }) => `${subject.kind}/${subject.key}`).join(" ");
}
