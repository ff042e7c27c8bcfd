import type { Knex } from "knex";
import type { Hint } from "../../domain/hint.ts";
import type { SubjectKind } from "../../domain/subject.ts";
import { insertRows, jsonColumns, jsonRows } from "../bulk.ts";

/**
 * One change in a directory often comes as several events, and a storm as thousands: subjects wait a
 * moment for company, but never longer than their longest. Likely leavers wait not at all.
 */
const USER_PAUSE_MS = 100;
const USER_LONGEST_MS = 1_000;
export const GROUP_PAUSE_MS = 250;
export const GROUP_LONGEST_MS = 5_000;

const COLUMNS = ["connection", "kind", "key", "hinted", "due_at", "first_at", "dirty_at", "via", "urgent"];

const FIRST_AT = "first_at = CASE WHEN hints.hinted > hints.done THEN hints.first_at ELSE excluded.first_at END";

/**
 * A hint that comes while another waits: counted, and not bound to one group unless both are. What is due stays due;
 * what waits for company waits on, up to its longest. What waits after a failure keeps its back-off: otherwise each
 * hook would ask a directory that is down once more. Only a person (an urgent hint for everything) is not kept waiting.
 */
const MERGE = `ON CONFLICT (connection, kind, key) DO UPDATE SET
  via = CASE WHEN hints.hinted <= hints.resolved THEN excluded.via
             WHEN hints.via = excluded.via THEN hints.via ELSE NULL END,
  urgent = CASE WHEN hints.hinted > hints.resolved AND hints.urgent = 1 THEN 1 ELSE excluded.urgent END,
  ${FIRST_AT},
  dirty_at = CASE WHEN hints.hinted > hints.resolved THEN hints.dirty_at ELSE excluded.dirty_at END,
  due_at = CASE WHEN hints.hinted <= hints.resolved OR hints.kind = 'all' AND excluded.urgent = 1 THEN excluded.due_at
                WHEN hints.attempts > 0 THEN hints.due_at
                WHEN hints.kind = 'all' THEN MIN(hints.due_at, excluded.due_at)
                WHEN excluded.due_at = excluded.first_at THEN excluded.due_at
                WHEN hints.due_at <= excluded.first_at THEN hints.due_at
                ELSE MIN(excluded.due_at, hints.dirty_at +
                  CASE WHEN excluded.due_at - excluded.first_at > ${String(USER_PAUSE_MS)}
                       THEN ${String(GROUP_LONGEST_MS)} ELSE ${String(USER_LONGEST_MS)} END) END,
  nominated = 0,
  hinted = hints.hinted + 1`;

function pauseMs({ subject, via, urgent }: Hint): number {
  if (subject.kind === "all") return 0;
  if (subject.kind === "group" || via !== null) return GROUP_PAUSE_MS;
  return urgent ? 0 : USER_PAUSE_MS;
}

/**
 * Marks subjects dirty, inside the caller's transaction. Equal subjects become one row. `dueAt` (epoch ms): not read
 * earlier than that, instead of after the usual pause for company.
 */
export async function addHints(trx: Knex, hints: Hint[], now: number, dueAt?: number): Promise<void> {
  const merged = new Map<string, Hint>();
  for (const hint of hints) {
    const id = JSON.stringify([hint.subject.connection, hint.subject.kind, hint.subject.key]);
    const known = merged.get(id);
    const via = known && known.via !== hint.via ? null : hint.via;
    merged.set(id, { subject: hint.subject, via, urgent: hint.urgent || (known?.urgent ?? false) });
  }
  const rows = [...merged.values()].map((hint) => {
    const { connection, kind, key } = hint.subject;
    return [connection, kind, key, 1, dueAt ?? now + pauseMs(hint), now, now, hint.via, hint.urgent];
  });
  await insertRows(trx, "hints", COLUMNS, rows, MERGE);
}

/** A subject whose rows are fresh. */
export interface FreshSubject {
  kind: "user" | "group";
  key: string;
}

/**
 * Asks for a decision on subjects whose rows are fresh, without another read; inside the transaction that stores the
 * rows. Whoever is to be read is decided after that anyway.
 */
export async function addUndecided(
  trx: Knex,
  connection: string,
  subjects: FreshSubject[],
  now: number,
): Promise<void> {
  const rows = subjects.map(({ kind, key }) => [connection, kind, key, 1, 1, now, now]);
  await insertRows(
    trx,
    "hints",
    ["connection", "kind", "key", "hinted", "resolved", "due_at", "first_at"],
    rows,
    `ON CONFLICT (connection, kind, key) DO UPDATE SET
       ${FIRST_AT}, resolved = hints.hinted + 1, hinted = hints.hinted + 1
       WHERE hints.hinted <= hints.resolved`,
  );
}

/** A subject that a snapshot reads directly, with the counter to hand back when it is read. */
export interface Nominated {
  kind: Exclude<SubjectKind, "all">;
  key: string;
  hinted: number;
  attempts: number;
}

/**
 * Marks subjects that a snapshot is about to read by id: dirty, but left to the snapshot, so that its decision sees
 * all leavers together. Whoever waits already, or is hinted again, is read in the usual way too.
 */
export async function addNominated(
  trx: Knex,
  connection: string,
  subjects: FreshSubject[],
  now: number,
): Promise<Nominated[]> {
  if (subjects.length === 0) return [];
  const rows = subjects.map(({ kind, key }) => [connection, kind, key, 1, now, now, now, 1]);
  return trx.raw<Nominated[]>(
    `INSERT INTO hints (connection, kind, key, hinted, due_at, first_at, dirty_at, nominated)
     SELECT ${jsonColumns(8)} FROM json_each(?) WHERE true
     ON CONFLICT (connection, kind, key) DO UPDATE SET
       ${FIRST_AT},
       nominated = CASE WHEN hints.hinted > hints.resolved THEN hints.nominated ELSE 1 END,
       dirty_at = CASE WHEN hints.hinted > hints.resolved THEN hints.dirty_at ELSE excluded.dirty_at END,
       due_at = CASE WHEN hints.hinted > hints.resolved THEN hints.due_at ELSE excluded.due_at END,
       hinted = hints.hinted + 1
     RETURNING kind, key, hinted, attempts`,
    [jsonRows(rows)],
  );
}
