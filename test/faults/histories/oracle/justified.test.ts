import { expect, test } from "vitest";
import { GRACE_MS, unjustified } from "./justified.ts";

const NOTHING = { hints: [], reads: [] };
const at = 100_000;

test("what the directory does not say may be taken, whatever was known before", () => {
  const known = { hints: [{ sentAt: 1, acknowledgedAt: 2 }], reads: [{ madeAt: 1, endedAt: 2 }] };

  expect(unjustified(at, { since: null, ...known })).toBeNull();
});

test("what the directory has always said may never be taken", () => {
  expect(unjustified(at, { since: -Infinity, ...NOTHING })).toContain("never said anything else");
});

test("who is back without the bridge having heard of it may still be taken", () => {
  expect(unjustified(at, { since: 50_000, ...NOTHING })).toBeNull();
});

test.for([
  { says: "acknowledged long before the request", sentAt: 60_000, acknowledgedAt: 60_010, wrong: true },
  { says: "sent before the return, so about something else", sentAt: 49_990, acknowledgedAt: 60_010, wrong: false },
  {
    says: "acknowledged while the request was on its way",
    sentAt: 99_000,
    acknowledgedAt: at - GRACE_MS,
    wrong: false,
  },
])("a hint $says", ({ sentAt, acknowledgedAt, wrong }) => {
  const why = unjustified(at, { since: 50_000, hints: [{ sentAt, acknowledgedAt }], reads: [] });

  expect(why !== null).toBe(wrong);
});

test.for([
  { says: "answered long before the request", madeAt: 60_000, endedAt: 60_010, wrong: true },
  { says: "made before the return, and late", madeAt: 49_990, endedAt: 60_010, wrong: false },
  { says: "that ended while the request was on its way", madeAt: 60_000, endedAt: at - GRACE_MS, wrong: false },
])("a read $says", ({ madeAt, endedAt, wrong }) => {
  const why = unjustified(at, { since: 50_000, hints: [], reads: [{ madeAt, endedAt }] });

  expect(why !== null).toBe(wrong);
});

test("the last of several hints and reads is not the only one that counts", () => {
  const hints = [
    { sentAt: 60_000, acknowledgedAt: 60_010 },
    { sentAt: 99_990, acknowledgedAt: 99_999 },
  ];

  expect(unjustified(at, { since: 50_000, hints, reads: [] })).toContain("acknowledged 39990 ms before");
});
