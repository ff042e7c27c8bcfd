import { describe, expect, it } from "vitest";
import type { Hint } from "../../src/domain/hint.ts";
import { NEVER, groupId, nextLink, open, startStub, user, userId } from "./okta-directory-stub.ts";

function event(n: number, eventType: string, targets: [string, string][]): Record<string, unknown> {
  const target = targets.map(([type, id]) => ({ type, id, alternateId: "unknown", displayName: "x" }));
  return {
    uuid: `event-${n.toString()}`,
    published: new Date().toISOString(),
    eventType,
    target,
    outcome: { result: "SUCCESS" },
  };
}

function hint(kind: "user" | "group", key: string, urgent = false): Hint {
  return { subject: { connection: "okta-main", kind, key }, via: null, urgent };
}

describe("the System Log poll", () => {
  it("starts a little before now, follows the cursor until an empty page, and hands over every event that gives hints", async () => {
    await using stub = await startStub(({ path, query }) => {
      const after = query.get("after");
      const items =
        after === null
          ? [
              event(1, "user.lifecycle.suspend", [["User", userId(1)]]),
              event(2, "user.account.update_profile", [["User", userId(1)]]),
            ]
          : after === "c1"
            ? [
                event(3, "user.account.lock", [["User", userId(2)]]),
                event(4, "group.profile.update", [["UserGroup", groupId(1)]]),
              ]
            : [];
      const next = after === null ? "c1" : "c2";
      return { body: items, headers: nextLink(`${stub.url}${path}?after=${next}`) };
    });
    await using okta = await open(stub);
    expect(await okta.changesSince?.(null, NEVER)).toEqual({
      lost: false,
      events: [
        { id: "event-1", type: "user.lifecycle.suspend", hints: [hint("user", userId(1), true)] },
        { id: "event-2", type: "user.account.update_profile", hints: [hint("user", userId(1))] },
        { id: "event-4", type: "group.profile.update", hints: [hint("group", groupId(1))] },
      ],
      cursor: "c2",
      more: false,
    });
    const first = stub.asked[0]?.query;
    expect(Date.parse(first?.get("since") ?? "")).toBeCloseTo(Date.now() - 300_000, -4);
    expect(first?.get("sortOrder")).toBe("ASCENDING");
    expect(first?.has("until")).toBe(false);
  });

  it("an unchanged cursor with events is drained too, and is not asked for ever", async () => {
    await using stub = await startStub(({ path }) => ({
      body: [event(1, "user.lifecycle.create", [["User", userId(1)]])],
      headers: nextLink(`${stub.url}${path}?after=c1`),
    }));
    await using okta = await open(stub);
    expect(await okta.changesSince?.("c1", NEVER)).toMatchObject({ cursor: "c1", more: false });
    expect(stub.asked).toHaveLength(1);
  });

  it("a long log is handed over ten pages at a time", async () => {
    await using stub = await startStub(({ path, query }) => {
      const n = Number(query.get("after") ?? "0");
      const items = n < 12 ? [event(n, "user.lifecycle.create", [["User", userId(n)]])] : [];
      return { body: items, headers: nextLink(`${stub.url}${path}?after=${Math.min(n + 1, 12).toString()}`) };
    });
    await using okta = await open(stub);
    const first = await okta.changesSince?.(null, NEVER);
    expect(first).toMatchObject({ cursor: "10", more: true });
    expect(first?.lost === false && first.events).toHaveLength(10);
    expect(await okta.changesSince?.("10", NEVER)).toMatchObject({ cursor: "12", more: false, events: [{}, {}] });
  });

  it("a rejected cursor is lost; a rejected first question is an error", async () => {
    await using stub = await startStub(() => ({ status: 400, body: { errorCode: "E0000001", errorSummary: "after" } }));
    await using okta = await open(stub);
    expect(await okta.changesSince?.("stale", NEVER)).toMatchObject({ lost: true });
    await expect(okta.changesSince?.(null, NEVER)).rejects.toMatchObject({ code: "DIRECTORY_UNREADABLE" });
  });

  it("a log page without a next link is an error, never the end", async () => {
    await using stub = await startStub(() => ({ body: [] }));
    await using okta = await open(stub);
    await expect(okta.changesSince?.("c1", NEVER)).rejects.toMatchObject({ code: "DIRECTORY_INCOMPLETE" });
  });
});

describe("identify", () => {
  it("a 403 is a missing capability, a 401 an error", async () => {
    let refused = false;
    await using stub = await startStub(({ path }) => {
      if (refused) return { status: 401, body: { errorCode: "E0000011" } };
      if (path === "/api/v1/logs" || path === "/api/v1/users/me")
        return { status: 403, body: { errorCode: "E0000006" } };
      return { body: [] };
    });
    await using okta = await open(stub);
    expect(await okta.identify(NEVER)).toEqual({
      account: "unknown (the token may not read its own user)",
      server: stub.url,
      capabilities: ["read users", "read groups"],
    });
    refused = true;
    await expect(okta.identify(NEVER)).rejects.toMatchObject({ code: "DIRECTORY_DENIED", status: 401 });
  });

  it("names the token's owner", async () => {
    await using stub = await startStub(({ path }) => ({ body: path.endsWith("/me") ? user(1) : [] }));
    await using okta = await open(stub);
    expect((await okta.identify(NEVER)).account).toBe("user1@example.com");
  });
});
