import { expect, test } from "vitest";
import { unite } from "../../src/domain/people/join.ts";
import type { Claim } from "../../src/domain/model.ts";
import { loadJoined, saveJoined } from "../../src/store/ledger/joined.ts";
import { engines, ORGANIZATION } from "./store-engines.ts";

function claim(name: string): Claim {
  const [source = "", key = ""] = name.split("/");
  const record = { key, externalId: name, email: null, link: null, state: "active", clause: null } as const;
  return { source, record: { ...record, confirmed: true, readNo: 1, readAt: 1 } };
}

const CASES: [string, [string, string][][], string[]][] = [
  [
    "who is joined to somebody who turns out to be another",
    [
      [["b/1", "a/1"]],
      [
        ["a/1", "a/0"],
        ["b/1", "a/0"],
      ],
    ],
    ["a/0", "a/1", "b/1"],
  ],
  [
    "who is joined to a claim of a directory that is not configured",
    [[["b/1", "a/1"]], [["a/1", "a/0"]]],
    ["a/0", "a/1", "b/1"],
  ],
  [
    "the holder of a member, joined to another claim of the same person",
    [
      [["a/1", "b/1"]],
      [
        ["a/1", "a/1"],
        ["b/1", "a/1"],
      ],
    ],
    ["a/1", "b/1"],
  ],
];

for (const [what, decisions, claims] of CASES) {
  test(`${what} stays one person`, async () => {
    const [engine] = engines;
    await using store = await engine?.open();
    if (!store) throw new Error("no engine");
    const { writer, reader } = store.database;
    for (const joins of decisions) await saveJoined(writer, ORGANIZATION, new Map(joins));
    const people = unite(claims.map(claim), await loadJoined(reader, ORGANIZATION));
    expect([...people.values()].map((person) => person.claims.length)).toEqual([claims.length]);
  });
}
