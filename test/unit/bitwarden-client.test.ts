import { describe, expect, test } from "vitest";

import type { CallReport } from "../../src/bitwarden/api.ts";
import {
  clientOf,
  failureOf,
  MEMBER_ID,
  member,
  OTHER_ID,
  refusal,
  sent,
  startScript,
} from "./bitwarden-client-fixture.ts";

describe("reading", () => {
  test("a list tolerates new statuses, types and properties, and blank external ids are none", async () => {
    const data = [
      member({ status: 3, type: 9, externalId: " ", brandNew: {} }),
      member({ id: OTHER_ID, externalId: "u1" }),
    ];

    const { result, line } = await sent({ body: { object: "list", data, continuationToken: null } }, (client) =>
      client.listMembers("normal"),
    );

    expect(line).toBe("GET /api/public/members");
    expect(result).toStrictEqual([
      { id: MEMBER_ID, email: "ann@example.com", externalId: null, status: 3, type: 9 },
      { id: OTHER_ID, email: "ann@example.com", externalId: "u1", status: 0, type: 2 },
    ]);
  });

  test("a list that is not whole is no list", async () => {
    for (const body of [{ object: "list", data: [], continuationToken: "more" }, { data: null }, {}, "", "[]"]) {
      const error = await sent({ body }, (client) => failureOf(client.listMembers("normal")));

      expect(error.result.code).toBe("BITWARDEN_UNREACHABLE");
    }
    const gone = await sent({ status: 404 }, (client) => failureOf(client.listGroups("normal")));
    expect(gone.result).toMatchObject({ code: "BITWARDEN_REFUSED", retry: "never" });
  });

  test("an object that does not exist is null", async () => {
    for (const reply of [{ status: 404 }, { status: 404, body: { object: "error", message: "Resource not found." } }]) {
      const { result } = await sent(reply, async (client) => [
        await client.getMember(MEMBER_ID, "normal"),
        await client.getMemberGroupIds(MEMBER_ID, "normal"),
        await client.getGroup(MEMBER_ID, "normal"),
        await client.getGroupMemberIds(MEMBER_ID, "normal"),
        await client.removeMember(MEMBER_ID),
        await client.deleteGroup(MEMBER_ID),
      ]);

      expect(result).toStrictEqual([null, null, null, null, "missing", "missing"]);
    }
  });

  test("ids of members of a group come as they are", async () => {
    const { result, line } = await sent({ body: [OTHER_ID] }, (client) =>
      client.getGroupMemberIds(MEMBER_ID, "normal"),
    );

    expect(line).toBe(`GET /api/public/groups/${MEMBER_ID}/member-ids`);
    expect(result).toStrictEqual([OTHER_ID]);
  });

  test("the server tells version, kind and flags without a token", async () => {
    await using server = await startScript(() => ({
      body: { version: "2026.8.0", server: null, featureStates: { "pm-34423-staged-status": true } },
    }));
    await using client = clientOf(server);

    expect(await client.serverInfo()).toStrictEqual({ version: "2026.8.0", server: "Bitwarden", stagedUsers: true });
    expect(server.seen.map((seen) => seen.path)).toStrictEqual(["/api/config"]);
    expect(server.seen[0]?.headers.authorization).toBeUndefined();
  });
});

describe("writing", () => {
  test("a revocation or restoration that has happened already is told apart from one that happens now", async () => {
    expect((await sent(refusal("Already revoked."), (client) => client.revokeMember(MEMBER_ID))).result).toBe(
      "already",
    );
    expect((await sent(refusal("Already active."), (client) => client.restoreMember(MEMBER_ID))).result).toBe(
      "already",
    );
    const crossed = await sent(refusal("Already active."), (client) => failureOf(client.revokeMember(MEMBER_ID)));
    expect(crossed.result.code).toBe("BITWARDEN_REFUSED");
  });

  test("a 404 on a revocation of a member who exists is tried again, not taken for a member that is gone", async () => {
    await using server = await startScript(({ method }) => (method === "GET" ? { body: member() } : { status: 404 }));
    await using client = clientOf(server);

    const error = await failureOf(client.revokeMember(MEMBER_ID));

    expect(error).toMatchObject({ code: "BITWARDEN_REFUSED", retry: "later" });
    expect(error.remedy).toContain("2026.2.0");
    const gone = await sent({ status: 404 }, (other) => other.revokeMember(MEMBER_ID));
    expect(gone).toMatchObject({ result: "missing", calls: 2 });
  });

  test("an external id is set with everything else written back as it was, and groups left out", async () => {
    const collections = [
      { id: OTHER_ID, readOnly: true, hidePasswords: false, manage: false },
      { id: MEMBER_ID, readOnly: false, hidePasswords: false, manage: true, brandNew: 1 },
    ];
    const permissions = { manageUsers: true, brandNewRight: false };
    await using server = await startScript(() => ({ body: member({ type: 4, permissions, collections }) }));
    await using client = clientOf(server);

    expect(await client.setMemberExternalId(MEMBER_ID, "u1")).toBe("done");

    const [read, write] = server.calls();
    expect([read?.method, write?.method]).toStrictEqual(["GET", "PUT"]);
    expect(JSON.parse(write?.body ?? "")).toStrictEqual({
      type: 4,
      externalId: "u1",
      permissions,
      collections: [collections[0], { id: MEMBER_ID, readOnly: false, hidePasswords: false, manage: true }],
    });
  });

  test("an external id is not set when the server does not tell the collections", async () => {
    await using server = await startScript(() => ({ body: member({ collections: null }) }));
    await using client = clientOf(server);

    const error = await failureOf(client.setMemberExternalId(MEMBER_ID, "u1"));

    expect(error.message).toContain("collections");
    expect(server.calls().map((call) => call.method)).toStrictEqual(["GET"]);
  });

  test("a plain user is written back without permissions", async () => {
    await using server = await startScript(() => ({ body: member() }));
    await using client = clientOf(server);

    await client.setMemberExternalId(MEMBER_ID, "u1");

    expect(JSON.parse(server.calls()[1]?.body ?? "")).toStrictEqual({ type: 2, externalId: "u1", collections: [] });
  });

  test("a group keeps its collections: they are left out", async () => {
    const { body, line } = await sent({ body: { object: "group" } }, (client) =>
      client.updateGroup(MEMBER_ID, { name: "Sales", externalId: "g1" }),
    );

    expect(line).toBe(`PUT /api/public/groups/${MEMBER_ID}`);
    expect(JSON.parse(body)).toStrictEqual({ name: "Sales", externalId: "g1" });
  });

  test("memberships are replaced as given, from either side", async () => {
    const member = await sent({}, (client) => client.setMemberGroupIds(MEMBER_ID, [OTHER_ID], "normal"));
    const group = await sent({}, (client) => client.setGroupMemberIds(MEMBER_ID, [], "revocation"));

    expect([member.line, member.body]).toStrictEqual([
      `PUT /api/public/members/${MEMBER_ID}/group-ids`,
      JSON.stringify({ groupIds: [OTHER_ID] }),
    ]);
    expect([group.line, group.body]).toStrictEqual([
      `PUT /api/public/groups/${MEMBER_ID}/member-ids`,
      JSON.stringify({ memberIds: [] }),
    ]);
  });

  test("an import never overwrites and says everything explicitly", async () => {
    const { body, line } = await sent({}, (client) =>
      client.importDirectory({
        members: [{ email: "ann@example.com", externalId: "u1" }],
        groups: [],
        largeImport: false,
        inviteUsersAfterProvisioning: false,
      }),
    );

    expect(line).toBe("POST /api/public/organization/import");
    expect(JSON.parse(body)).toStrictEqual({
      members: [{ email: "ann@example.com", externalId: "u1", deleted: false }],
      groups: [],
      overwriteExisting: false,
      largeImport: false,
      inviteUsersAfterProvisioning: false,
    });
  });

  test("an id that is none never becomes part of a request", async () => {
    await using server = await startScript(() => undefined);
    await using client = clientOf(server);

    for (const id of ["", "..", `${MEMBER_ID}/../x`, "1", `${MEMBER_ID}\n`]) {
      expect((await failureOf(client.removeMember(id))).side).toBe("bridge");
      expect((await failureOf(client.getGroup(id, "normal"))).side).toBe("bridge");
      expect((await failureOf(client.setGroupMemberIds(MEMBER_ID, [id], "normal"))).side).toBe("bridge");
    }
    expect(server.seen).toHaveLength(0);
  });
});

test("every request is reported with its route, status, duration and wait, never with an id", async () => {
  await using server = await startScript(() => ({ body: member() }));
  const reports: CallReport[] = [];
  await using client = clientOf(server, { onCall: (report) => reports.push(report) });

  await client.getMember(MEMBER_ID, "normal");

  const [report] = reports;
  expect(reports).toHaveLength(1);
  expect(report).toMatchObject({ method: "GET", route: "/public/members/{id}", status: 200 });
  expect(report?.ms).toBeGreaterThan(0);
  expect(report?.waitedMs).toBeGreaterThanOrEqual(0);
});
