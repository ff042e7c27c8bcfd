import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DirectoryUser, Edge, GroupRead } from "../../src/domain/directory.ts";
import type { Database } from "../../src/store/database.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { engines, named } from "./store-engines.ts";

const USERS = ["u0", "u1", "u2"];
const GROUPS = ["g0", "g1", "g2"];

const users = fc.record({
  key: fc.constantFrom(...USERS),
  email: fc.constantFrom("a@example.com", "b@example.com"),
  state: fc.constantFrom("active", "disabled", "out"),
});
const groups = fc.record({
  key: fc.constantFrom(...GROUPS),
  name: fc.constantFrom("A", "B"),
  state: fc.constantFrom("active", "out"),
  people: fc.subarray(USERS),
  nested: fc.subarray(GROUPS),
  records: fc.boolean(),
});
const steps = fc.oneof(
  fc.record({ kind: fc.constant("user"), user: users, groups: fc.subarray(GROUPS), found: fc.boolean() }),
  fc.record({
    kind: fc.constant("group"),
    group: groups,
    found: fc.boolean(),
    concern: fc.constantFrom("unconcerned", "hinted", "nominated"),
  }),
  fc.record({
    kind: fc.constant("snapshot"),
    users: fc.uniqueArray(users, { maxLength: 3, selector: ({ key }) => key }),
    groups: fc.uniqueArray(groups, { maxLength: 2, selector: ({ key }) => key }),
  }),
);
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;
type User = typeof users extends fc.Arbitrary<infer T> ? T : never;
type Group = typeof groups extends fc.Arbitrary<infer T> ? T : never;

function toUser({ key, email, state }: User): DirectoryUser {
  return { key, externalId: key, email, state };
}

function toGroup({ key, name, state, people, nested, records }: Group): GroupRead {
  const members: Edge[] = [
    ...people.map((one) => ({ kind: "user" as const, key: one })),
    ...nested.filter((one) => one !== key).map((one) => ({ kind: "group" as const, key: one })),
  ];
  const sent = people.map((one) => ({
    key: one,
    externalId: one,
    email: "c@example.com",
    state: "active" as const,
  }));
  return { group: { key, externalId: key, name, state }, members, ...(records ? { users: sent } : {}) };
}

async function take(directory: DirectoryStore, name: string, step: Step): Promise<void> {
  const gone = { found: false as const, evidence: "404" };
  switch (step.kind) {
    case "user": {
      const value = { user: toUser(step.user), groups: step.groups };
      const read = step.found ? { found: true as const, value } : gone;
      await directory.storeUser(name, step.user.key, read, directory.beginRead(), true);
      return;
    }
    case "group": {
      const read = step.found ? { found: true as const, value: toGroup(step.group) } : gone;
      await directory.storeGroup(name, step.group.key, read, directory.beginRead(), step.concern);
      return;
    }
    case "snapshot": {
      const stamp = await directory.beginSnapshot(name);
      await directory.storeSnapshotRows(name, step.users.map(toUser), step.groups.map(toGroup), stamp);
    }
  }
}

/** Rows and edges in words, each under the subjects one of which must be hinted when it changes. */
async function picture(database: Database, name: string): Promise<Map<string, string[]>> {
  const rows = await database.reader.raw<{ kind: string; key: string; label: string; state: string }[]>(
    "SELECT kind, key, label, state FROM directory WHERE connection = ?",
    [name],
  );
  const edges = await database.reader.raw<{ group_key: string; kind: string; key: string }[]>(
    "SELECT group_key, kind, key FROM edges WHERE connection = ?",
    [name],
  );
  return new Map([
    ...rows.map(({ kind, key, label, state }): [string, string[]] => [
      `${kind} ${key} ${label} ${state}`,
      [`${kind} ${key}`],
    ]),
    ...edges.map(({ group_key, kind, key }): [string, string[]] => [
      `${kind} ${key} in ${group_key}`,
      [`group ${group_key}`, ...(kind === "user" ? [`user ${key}`] : [])],
    ]),
  ]);
}

async function knownSubjects(database: Database, name: string): Promise<Set<string>> {
  const rows = await database.reader.raw<{ kind: string; key: string }[]>(
    "SELECT kind, key FROM directory WHERE connection = ?",
    [name],
  );
  return new Set(rows.map(({ kind, key }) => `${kind} ${key}`));
}

describe.each(engines)("what is stored, over $name", ({ open }) => {
  test("a change of a known subject never stands without an open hint for it", async () => {
    await using opened = await open();
    const { database } = opened;
    const directory = await DirectoryStore.open(database);
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 2, maxLength: 8 }), async (script) => {
        const name = `connection-${String((round += 1))}`;
        await named(database.writer, name);
        for (const step of script) {
          // Everything before is decided.
          await database.writer.raw("DELETE FROM hints WHERE connection = ?", [name]);
          const before = await picture(database, name);
          const known = await knownSubjects(database, name);
          await take(directory, name, step);
          const after = await picture(database, name);
          const open = await database.reader.raw<{ kind: string; key: string }[]>(
            "SELECT kind, key FROM hints WHERE connection = ? AND hinted > done",
            [name],
          );
          const hinted = new Set(open.map(({ kind, key }) => `${kind} ${key}`));
          const changed = [...before, ...after].filter(([fact]) => before.has(fact) !== after.has(fact));
          const silent = changed.filter(
            ([, subjects]) => subjects.every((one) => known.has(one)) && !subjects.some((one) => hinted.has(one)),
          );
          expect(silent.map(([fact]) => fact)).toEqual([]);
        }
      }),
      { numRuns: 120 },
    );
  });
});
