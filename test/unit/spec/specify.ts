import { describe, expect, test } from "vitest";
import { takesAway, type PlannedOperation } from "../../../src/domain/operation.ts";
import { plan } from "../../../src/domain/plan/plan.ts";
import { inputOf, READ_AT, type World } from "./world.ts";

/** What the bridge does about a world; whatever is not named is not done. Names of the connection `ad` stand alone. */
interface Outcome {
  /** `member.invite ada as ada@example.test, cn=ada` · `membership.add ada in sales` · `group.rename sales as Sales`. */
  operations?: string[];
  /** `removed-by-hand ada`. */
  notices?: string[];
  /** `user ada`: to be read directly before anything is taken away. */
  nominations?: string[];
  /** `user ada is m-ada`: becomes managed without a write. */
  adoptions?: string[];
  /** `entra/ada is ada`: one person from now on. */
  joins?: string[];
  /** `user ada`: the ledger forgets. */
  forgotten?: string[];
}

export interface Row extends World {
  it: string;
  expect: Outcome;
}

/** One test a row: the world is planned once, and everything that comes out is compared. */
export function specify(title: string, rows: Row[]): void {
  describe(title, () => {
    for (const row of rows) {
      test(row.it, () => {
        expect(outcomeOf(row)).toEqual(sorted(row.expect));
      });
    }
  });
}

function outcomeOf(world: World): Required<Outcome> {
  const input = inputOf(world);
  const done = plan(input);
  for (const operation of done.operations) expect(operation.provenAt > 0).toBe(takesAway(operation.type));
  const adoptedUsers = done.adoptedUsers.map(({ key, bwId }) => `user ${short(key)} is ${bwId}`);
  const adoptedGroups = done.adoptedGroups.map(({ key, bwId }) => `group ${short(key)} is ${bwId}`);
  return sorted({
    operations: done.operations.map(inWords),
    notices: done.notices.map(({ code, key }) => `${code} ${short(key)}`),
    nominations: done.nominations.map(({ connection, kind, key }) => `${kind} ${short(`${connection}/${key}`)}`),
    adoptions: [...adoptedUsers, ...adoptedGroups],
    joins: [...input.joins, ...done.joins].map(([claim, person]) => `${short(claim)} is ${short(person)}`),
    forgotten: done.forgotten.map(({ kind, key }) => `${kind} ${short(key)}`),
  });
}

function sorted(outcome: Outcome): Required<Outcome> {
  const { operations = [], notices = [], nominations = [], adoptions = [], joins = [], forgotten = [] } = outcome;
  return {
    operations: operations.toSorted(),
    notices: notices.toSorted(),
    nominations: nominations.toSorted(),
    adoptions: adoptions.toSorted(),
    joins: joins.toSorted(),
    forgotten: forgotten.toSorted(),
  };
}

function inWords({ type, key, object, data, provenAt }: PlannedOperation): string {
  const place = object === "" ? "" : ` in ${short(object)}`;
  const facts = [data.name, data.email, data.externalId].filter((fact) => fact !== undefined);
  const as = facts.length === 0 ? "" : ` as ${facts.join(", ")}`;
  const proof = provenAt === 0 || provenAt === READ_AT ? "" : `, proven at ${String(provenAt)}`;
  return `${type} ${short(key)}${place}${as}${proof}`;
}

function short(key: string): string {
  return key.startsWith("ad/") ? key.slice("ad/".length) : key;
}
