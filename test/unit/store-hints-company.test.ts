import { describe, expect, test } from "vitest";
import type { Hint } from "../../src/domain/hint.ts";
import { GROUP_LONGEST_MS, GROUP_PAUSE_MS } from "../../src/store/hints/add-hints.ts";
import { gatheringGroups, nextHintDue } from "../../src/store/hints/hint-depth.ts";
import { Hints } from "../../src/store/hints/hints.ts";
import { CONNECTION, engines } from "./store-engines.ts";

const START = 1_000_000_000_000;

const GROUP: Hint = { subject: { connection: CONNECTION, kind: "group", key: "g1" }, via: null, urgent: false };

function person(n: number, facts: Partial<Omit<Hint, "subject">> = {}): Hint {
  return {
    subject: { connection: CONNECTION, kind: "user", key: `u${String(n)}` },
    via: null,
    urgent: false,
    ...facts,
  };
}

describe.each(engines)("hints that wait for company over $name", ({ open }) => {
  test("what was read and is hinted again before it was decided waits for company anew, and its longest anew", async () => {
    await using store = await open();
    const hints = new Hints(store.database);
    const due = () => nextHintDue(store.database.reader, CONNECTION, 0);
    await hints.add([GROUP], START);
    const [first] = await hints.dirty(CONNECTION, START + GROUP_PAUSE_MS, 10);
    await hints.resolved(CONNECTION, first === undefined ? [] : [first], START + GROUP_PAUSE_MS);

    const again = START + 10 * GROUP_LONGEST_MS;
    await hints.add([GROUP], again);
    await hints.add([GROUP], again + 100);
    expect(await due()).toBe(again + 100 + GROUP_PAUSE_MS);
    for (let at = again + 200; at < again + 2 * GROUP_LONGEST_MS; at += 100) await hints.add([GROUP], at);
    expect(await due()).toBe(again + GROUP_LONGEST_MS);
  });

  test("people of a group that was just read gather anew, though they are not decided yet", async () => {
    await using store = await open();
    const hints = new Hints(store.database);
    const people = Array.from({ length: 30 }, (_, n) => person(n, { via: "g1" }));
    await hints.add(people, START);
    await hints.resolved(CONNECTION, await hints.dirtyVia(CONNECTION, "g1"), START + 1_000);

    await hints.add(people, START + 60_000);
    const at = START + 60_000;
    expect(await gatheringGroups(store.database.reader, CONNECTION)).toEqual([
      { via: "g1", oldestAt: at, newestAt: at },
    ]);
  });

  test("those whom nothing may delay come first, then whoever waits longest, and never more than asked for", async () => {
    await using store = await open();
    const hints = new Hints(store.database);
    for (let n = 0; n < 5; n++) await hints.add([person(n)], START + n);
    await hints.add([person(8, { urgent: true })], START + 8);
    await hints.add([person(9, { urgent: true })], START + 9);
    const later = START + 60_000;
    const keys = async (limit: number) => (await hints.dirty(CONNECTION, later, limit)).map(({ key }) => key);
    expect(await keys(4)).toEqual(["u8", "u9", "u0", "u1"]);
    expect(await keys(1)).toEqual(["u8"]);
    expect(await hints.dirty(CONNECTION, START + 9, 10)).toHaveLength(2);
  });
});
