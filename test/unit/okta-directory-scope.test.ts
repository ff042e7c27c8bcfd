import { describe, expect, it } from "vitest";
import type { OktaScope } from "../../src/directories/okta/judge.ts";
import { judgeGroup, judgeUser } from "../../src/directories/okta/judge.ts";
import { parseScopeFilter } from "../../src/domain/scope.ts";
import { NEVER, NOT_FOUND, group, groupId, open, readAll, startStub, user, userId } from "./okta-directory-stub.ts";

function scope(userFilter?: string, groupFilter?: string): OktaScope {
  const groups = parseScopeFilter(groupFilter, "groupFilter");
  return { users: parseScopeFilter(userFilter, "userFilter"), groups, groupRule: groups.clause !== null };
}

function person(status: string, email: string | null = "Ann@Example.com "): Parameters<typeof judgeUser>[0] {
  return { id: userId(1), status, profile: { email } };
}

const inside = { matchesQuery: true, inKeptGroup: true };
const outside = { matchesQuery: true, inKeptGroup: false };

describe("the state of one user", () => {
  it.each([
    "STAGED",
    "PROVISIONED",
    "ACTIVE",
    "RECOVERY",
    "LOCKED_OUT",
    "PASSWORD_EXPIRED",
    "ACTIVATING",
    "NEW_IN_2030",
  ])("%s takes part", (status) => {
    expect(judgeUser(person(status), scope(), inside)).toEqual({
      key: userId(1),
      externalId: userId(1),
      email: "ann@example.com",
      state: "active",
    });
  });

  it("SUSPENDED is disabled, even in no kept group, but not when userFilter leaves the person out", () => {
    const disabled = { state: "disabled", clause: "status SUSPENDED" };
    expect(judgeUser(person("SUSPENDED"), scope(), inside)).toMatchObject(disabled);
    expect(judgeUser(person("SUSPENDED"), scope(undefined, "include:A"), outside)).toMatchObject(disabled);
    expect(judgeUser(person("SUSPENDED"), scope("exclude:ann@example.com"), inside)).toMatchObject({ state: "out" });
  });

  it("the clause says why somebody is out", () => {
    const clause = (facts: typeof inside, userFilter?: string, groupFilter?: string): string | undefined =>
      judgeUser(person("ACTIVE"), scope(userFilter, groupFilter), facts).clause;
    expect(clause(inside, "include:bob@example.com")).toBe("not listed in userFilter include:");
    expect(clause(inside, "exclude:ANN@example.com")).toBe("listed in userFilter exclude:");
    expect(clause({ ...inside, matchesQuery: false })).toBe("not matched by the query of userFilter");
    expect(clause(outside, undefined, "include:A")).toBe("in no group matched by groupFilter");
    expect(clause(outside, undefined, '| type eq "OKTA_GROUP"')).toBeUndefined();
  });

  it("an address that is absent, blank or longer than 256 characters is none", () => {
    for (const email of [null, "  ", `${"a".repeat(250)}@example.com`]) {
      expect(judgeUser(person("ACTIVE", email), scope(), inside)).toMatchObject({ email: null, state: "active" });
    }
  });

  it("groups are judged by name", () => {
    const sales = { id: groupId(1), profile: { name: "Sales" } };
    expect(judgeGroup(sales, scope(undefined, "include: SALES"), true)).toMatchObject({
      name: "Sales",
      state: "active",
    });
    expect(judgeGroup(sales, scope(undefined, "exclude:sales"), true)).toMatchObject({ state: "out" });
    expect(judgeGroup(sales, scope(), false)).toMatchObject({ clause: "not matched by the query of groupFilter" });
  });
});

describe("reads", () => {
  it("a user in deactivation counts as DEPROVISIONED, in direct reads, snapshots and member lists", async () => {
    const leaving = user(1, { transitioningToStatus: "DEPROVISIONED" });
    await using stub = await startStub(({ path }) => {
      if (path === "/api/v1/users") return { body: [leaving, user(2)] };
      if (path === "/api/v1/groups") return { body: [group(1, "A")] };
      if (path === `/api/v1/groups/${groupId(1)}`) return { body: group(1, "A") };
      if (path.startsWith("/api/v1/groups/")) return { body: [leaving, user(2)] };
      return { body: path.endsWith("/groups") ? [] : leaving };
    });
    await using okta = await open(stub);
    expect(await okta.readUser(userId(1), NEVER)).toEqual({ found: false, evidence: "Okta status DEPROVISIONED" });
    expect(await readAll(okta)).toMatchObject({ users: [`${userId(2)} active`] });
    expect(await okta.readGroup(groupId(1), NEVER)).toMatchObject({
      value: { members: [{ kind: "user", key: userId(2) }], users: [{ key: userId(2) }] },
    });
  });

  it("with a query, a user who exists but is not in the query's answer is out, and the query is bracketed", async () => {
    await using stub = await startStub(({ path, query }) => {
      if (path === "/api/v1/users") return { body: query.get("filter")?.includes(userId(2)) === true ? [user(2)] : [] };
      return { body: path.endsWith("/groups") ? [] : user(path.endsWith(userId(2)) ? 2 : 1) };
    });
    await using okta = await open(stub, { userFilter: '| status eq "ACTIVE" or status eq "STAGED"' });
    expect(await okta.readUser(userId(1), NEVER)).toMatchObject({ value: { user: { state: "out" } } });
    expect(await okta.readUser(userId(2), NEVER)).toMatchObject({ value: { user: { state: "active" } } });
    const filter = stub.asked.map(({ query }) => query.get("filter")).find((text) => text !== null);
    expect(filter).toBe(`(status eq "ACTIVE" or status eq "STAGED") and id eq "${userId(1)}"`);
  });

  it("a query that cannot be judged fails the read: out needs an answer", async () => {
    await using stub = await startStub(({ path }) => {
      if (path === "/api/v1/users") return { status: 500, body: {} };
      return { body: path.endsWith("/groups") ? [] : user(1) };
    });
    await using okta = await open(stub, { userFilter: '| status eq "ACTIVE"' });
    await expect(okta.readUser(userId(1), NEVER)).rejects.toMatchObject({ code: "DIRECTORY_UNREACHABLE" });
  });

  it("the group rule with a query asks Okta about the named groups only, 30 at a time", async () => {
    const many = Array.from({ length: 40 }, (_, n) => group(n, `Team ${n.toString()}`));
    await using stub = await startStub(({ path, query }) => {
      if (path === "/api/v1/groups")
        return { body: query.get("filter")?.includes(groupId(35)) === true ? [many[35]] : [] };
      return { body: path.endsWith("/groups") ? [...many, group(99, "Left out")] : user(1) };
    });
    await using okta = await open(stub, { groupFilter: 'exclude:left out | type eq "OKTA_GROUP"' });
    const read = await okta.readUser(userId(1), NEVER);
    expect(read).toMatchObject({ value: { user: { state: "active" } } });
    expect(read.found && read.value.groups).toHaveLength(41);
    const filters = stub.asked.flatMap(({ query }) => query.get("filter") ?? []);
    expect(filters).toHaveLength(2);
    expect(filters.join(" ")).not.toContain(groupId(99));
  });

  it("an out-of-scope group is answered without reading its members", async () => {
    await using stub = await startStub(() => ({ body: group(1, "Everyone") }));
    await using okta = await open(stub, { groupFilter: "include:Sales" });
    expect(await okta.readGroup(groupId(1), NEVER)).toMatchObject({ value: { group: { state: "out" }, members: [] } });
    expect(stub.asked).toHaveLength(1);
  });

  it("a group deleted while the snapshot runs is left out, any other failure of one group fails the snapshot", async () => {
    let broken = false;
    await using stub = await startStub(({ path }) => {
      if (path === "/api/v1/users") return { body: [user(1)] };
      if (path === "/api/v1/groups") return { body: [group(1, "A"), group(2, "B")] };
      if (path.includes(groupId(1))) return { body: [user(1)] };
      return broken ? { status: 500, body: {} } : NOT_FOUND;
    });
    await using okta = await open(stub);
    expect(await readAll(okta)).toMatchObject({ groups: ["A active"], users: [`${userId(1)} active`] });
    broken = true;
    await expect(readAll(okta)).rejects.toMatchObject({ code: "DIRECTORY_UNREACHABLE" });
  });
});
