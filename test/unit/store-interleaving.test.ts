import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DirectoryUser, GroupRead } from "../../src/domain/directory.ts";
import type { Database } from "../../src/store/database.ts";
import { loadGroups, type ReadStamp } from "../../src/store/directory/directory-rows.ts";
import { DirectoryStore } from "../../src/store/directory/directory-store.ts";
import { Hints } from "../../src/store/hints/hints.ts";
import { loadEdges } from "../../src/store/directory/edge-rows.ts";
import { engines, named } from "./store-engines.ts";

const USERS = ["u0", "u1", "u2"];
const GROUPS = ["g0", "g1"];

/** What a read was told: for a user the groups, for a group the members; `null`: it does not exist. */
type Read =
  | { kind: "user"; key: string; list: string[] | null }
  | { kind: "group"; key: string; list: string[] | null }
  | { kind: "snapshot"; lists: Record<string, string[]> };

function some(keys: string[]): fc.Arbitrary<string[]> {
  return fc.subarray(keys);
}

function listOf(keys: string[]): fc.Arbitrary<string[] | null> {
  return fc.oneof({ weight: 6, arbitrary: some(keys) }, fc.constant(null));
}

const anyRead: fc.Arbitrary<Read> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("user"), key: fc.constantFrom(...USERS), list: listOf(GROUPS) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("group"), key: fc.constantFrom(...GROUPS), list: listOf(USERS) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("snapshot"), lists: fc.record({ g0: some(USERS), g1: some(USERS) }) }),
  },
);

function user(key: string): DirectoryUser {
  return { key, externalId: key, email: `${key}@example.com`, state: "active" };
}

function group(key: string, people: string[]): GroupRead {
  const members = people.map((one) => ({ kind: "user" as const, key: one }));
  return { group: { key, externalId: key, name: key, state: "active" }, members };
}

/** What was read of one pair, with the number of the read. */
type Said = Map<string, { no: number; member: boolean }>;

function say(said: Said, userKey: string, groupKey: string, no: number, member: boolean): void {
  const pair = `${userKey} ${groupKey}`;
  if ((said.get(pair)?.no ?? -1) < no) said.set(pair, { no, member });
}

interface Begun {
  read: Read;
  stamp: ReadStamp;
}

/** Starts reads in order and stores their answers in any other order; answers what the later list of each pair said. */
async function play(database: Database, name: string, reads: Read[], order: number[]): Promise<Said> {
  const directory = await DirectoryStore.open(database);
  const said: Said = new Map();
  for (const key of USERS) {
    await directory.storeUser(
      name,
      key,
      { found: true, value: { user: user(key), groups: [] } },
      directory.beginRead(),
      true,
    );
  }
  for (const key of GROUPS) {
    const stamp = directory.beginRead();
    await directory.storeGroup(name, key, { found: true, value: group(key, []) }, stamp, "unconcerned");
    for (const one of USERS) say(said, one, key, stamp.no, false);
  }
  const begun: Begun[] = [];
  for (const read of reads) {
    const stamp = read.kind === "snapshot" ? await directory.beginSnapshot(name) : directory.beginRead();
    begun.push({ read, stamp });
  }
  const late = begun.map((one, at) => ({ one, at: order[at] ?? at })).sort((a, b) => a.at - b.at);
  for (const { one } of late) await store(directory, name, said, one);
  return said;
}

async function store(directory: DirectoryStore, name: string, said: Said, { read, stamp }: Begun): Promise<void> {
  if (read.kind === "snapshot") {
    const reads = Object.entries(read.lists).map(([key, people]) => group(key, people));
    await directory.storeSnapshotRows(name, [], reads, stamp);
    // What a snapshot does not see is only read again.
    for (const [key, people] of Object.entries(read.lists)) {
      for (const one of people) say(said, one, key, stamp.no, true);
    }
    return;
  }
  const { key, list } = read;
  if (read.kind === "user") {
    const found = list === null ? null : { user: user(key), groups: list };
    const answer = found === null ? { found: false as const, evidence: "404" } : { found: true as const, value: found };
    if (!(await directory.storeUser(name, key, answer, stamp, true))) return;
    for (const one of GROUPS) say(said, key, one, stamp.no, list?.includes(one) ?? false);
  } else {
    const found = { found: true as const, value: group(key, list ?? []) };
    const answer = list === null ? ({ found: false, evidence: "404" } as const) : found;
    if (!(await directory.storeGroup(name, key, answer, stamp, "unconcerned")).stored) return;
    for (const one of USERS) say(said, one, key, stamp.no, list?.includes(one) ?? false);
  }
}

/** Pairs that are wrong, where nobody is about to read again and the group exists. */
async function wrongPairs(database: Database, name: string, said: Said): Promise<string[]> {
  const edges = await loadEdges(database.reader, name, "user");
  const groups = await loadGroups(database.reader, name);
  const dirty = new Set((await new Hints(database).dirty(name, Date.now() + 60_000, 100)).map(({ key }) => key));
  return [...said].flatMap(([pair, { member }]) => {
    const [userKey = "", groupKey = ""] = pair.split(" ");
    if (dirty.has(userKey) || groups.get(groupKey)?.state !== "active") return [];
    return (edges.get(groupKey)?.includes(userKey) ?? false) === member ? [] : [`${pair} is ${String(!member)}`];
  });
}

describe.each(engines)("memberships from two lists, over $name", ({ open }) => {
  test("in whatever order answers arrive, of each pair the later list decides", async () => {
    await using opened = await open();
    const { database } = opened;
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyRead, { minLength: 2, maxLength: 8 }),
        fc.array(fc.nat(100), { minLength: 8, maxLength: 8 }),
        async (reads, order) => {
          const name = `connection-${String((round += 1))}`;
          await named(database.writer, name);
          const said = await play(database, name, reads, order);
          expect(await wrongPairs(database, name, said)).toEqual([]);
        },
      ),
      { numRuns: 200, interruptAfterTimeLimit: 20_000 },
    );
  }, 60_000);
});

describe.each(engines)("a group that comes back, over $name", ({ open }) => {
  test("whoever was said to be in it while it was away is asked again", async () => {
    await using opened = await open();
    const { database } = opened;
    const name = "okta-main";
    await named(database.writer, name);
    const reads: Read[] = [
      { kind: "group", key: "g0", list: null },
      { kind: "group", key: "g0", list: [] },
      { kind: "user", key: "u0", list: ["g0"] },
    ];
    const said = await play(database, name, reads, [0, 2, 1]);
    expect((await new Hints(database).dirty(name, Date.now() + 60_000, 10)).map(({ key }) => key)).toEqual(["u0"]);
    expect(await wrongPairs(database, name, said)).toEqual([]);
  });
});
