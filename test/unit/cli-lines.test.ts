import { describe, expect, test } from "vitest";
import { forecast } from "../../src/cli/commands/plan.ts";
import { remembered } from "../../src/app/log.ts";
import { oktaSample } from "../../src/directories/okta/sample.ts";
import { prettyLines } from "../../src/observe/pretty-lines.ts";
import { columns, duration, operationsText } from "../../src/cli/terminal/words.ts";
import { oktaHookVerifier } from "../../src/directories/okta/verify.ts";
import type { OperationType } from "../../src/domain/operation.ts";
import type { OperationRow } from "../../src/store/operations/operations.ts";

function row(type: OperationType, facts: Partial<OperationRow> = {}): OperationRow {
  return {
    id: 1,
    type,
    kind: "user",
    key: "u1",
    object: "",
    data: {},
    label: "someone",
    reason: "",
    evidence: "",
    provenAt: 0,
    state: "ready",
    hold: null,
    attempts: 0,
    dueAt: 0,
    sentAt: null,
    error: null,
    hint: "",
    hintedAt: 0,
    createdAt: 0,
    releasedAt: null,
    finishedAt: null,
    approvedBy: null,
    approvedAt: null,
    ...facts,
  };
}

describe("the forecast of a plan", () => {
  test("counts seats, leaves out what was rejected, and knows that imports carry many", () => {
    const operations = [
      ...Array.from({ length: 1_001 }, () => row("member.invite")),
      row("member.revoke"),
      row("member.invite", { state: "rejected" }),
      row("membership.add", { object: "g1" }),
      row("membership.remove", { object: "g1" }),
    ];

    expect(forecast(operations, "open")).toEqual({ seats: 1_000, writes: 4, minutes: null });
  });

  test("takes as long as the slower of the two paces", () => {
    const revocations = Array.from({ length: 120 }, () => row("member.revoke"));
    const pace = { writesPerSecond: 4, writesPerMinute: 50, readsPerMinute: 150 };

    expect(forecast(revocations, pace).minutes).toBe(3);
    expect(forecast(revocations, { ...pace, writesPerSecond: 0.5 }).minutes).toBe(4);
  });
});

describe("lines for people", () => {
  test("the log: time, level, message, fields; texts with blanks are quoted", () => {
    const written: string[] = [];
    const lines = prettyLines({ write: (text) => written.push(text) });

    lines.write(
      '{"level":"warn","time":"2026-11-21T07:13:59.705Z","msg":"hook","status":401,"reason":"secret wrong"}\n',
    );

    expect(written).toEqual(['07:13:59.705 WARN  hook status=401 reason="secret wrong"\n']);
  });

  test("sums of operations, durations and columns", () => {
    const counts = [
      { type: "member.invite", count: 1 },
      { type: "membership.add", count: 1_200 },
      { type: "something.new", count: 2 },
    ];

    expect(operationsText(counts)).toBe("1 invitation, 1,200 new memberships, 2 something.new");
    expect([59_000, 60_000, 3 * 3_600_000, 72 * 3_600_000].map(duration)).toEqual([
      "59 seconds",
      "1 minute",
      "3 hours",
      "3 days",
    ]);
    expect(
      columns([
        ["a", "bb", "c"],
        ["aaa", "b", "c"],
      ]),
    ).toEqual(["a    bb  c", "aaa  b   c"]);
  });
});

describe("a delivery made by hooks send", () => {
  test("is one that the receiver reads: so many events, about the subject that was named", () => {
    const target = { user: "00u1a2b3c4d5e6f7g8h9", group: undefined };
    const verifier = oktaHookVerifier({ connection: "okta-main", header: "authorization", secrets: () => ["secret"] });
    const admission = verifier.admit({ authorization: "secret" });
    if ("refused" in admission) throw new Error(admission.refused);
    const body = JSON.stringify(oktaSample.delivery(oktaSample.usualEventType(target), target, 3, "test"));

    const received = admission.read(Buffer.from(body));

    if ("refused" in received) throw new Error(received.refused);
    expect(received.unreadable).toBeNull();
    expect(received.events.map(({ hints }) => hints.map(({ subject }) => subject.key))).toEqual(
      Array.from({ length: 3 }, () => ["00u1a2b3c4d5e6f7g8h9"]),
    );
    expect(new Set(received.events.map(({ id }) => id)).size).toBe(3);
  });
});

describe("a remembered value", () => {
  test("is asked once for a while, and again at once after a failure", () => {
    let asked = 0;
    const ask = remembered(() => {
      asked += 1;
      if (asked === 1) throw new Error("not there yet");
      return asked;
    }, 60_000);

    expect(ask).toThrow("not there yet");
    expect([ask(), ask(), asked]).toEqual([2, 2, 2]);
  });
});
