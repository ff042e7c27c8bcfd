import { describe, expect, it } from "vitest";
import type { Directory } from "../../src/directories/directory.ts";
import type { OktaOptions } from "../../src/directories/okta/okta.ts";
import { openOkta } from "../../src/directories/okta/okta.ts";
import type { CompletenessProof, DirectoryUser, GroupRead } from "../../src/domain/directory.ts";
import type { OktaEmulator } from "../fakes/okta/server.ts";
import { startOkta } from "../fakes/okta/server.ts";

const NEVER = new AbortController().signal;

function open(okta: OktaEmulator, options: Partial<OktaOptions> = {}): Promise<Directory> {
  const { url: orgUrl, token } = okta;
  return openOkta({ connection: "okta-main", orgUrl, token, users: true, groups: true, ...options });
}

interface Whole {
  users: Map<string, DirectoryUser>;
  groups: Map<string, GroupRead>;
  proof: CompletenessProof;
}

async function readAll(directory: Directory): Promise<Whole> {
  const users = new Map<string, DirectoryUser>();
  const groups = new Map<string, GroupRead>();
  const pages = directory.snapshot(NEVER);
  for (;;) {
    const step = await pages.next();
    if (step.done === true) return { users, groups, proof: step.value };
    if (step.value.kind === "users") for (const user of step.value.users) users.set(user.key, user);
    else if (step.value.kind === "groups") for (const read of step.value.groups) groups.set(read.group.key, read);
  }
}

function memberKeys(read: GroupRead | undefined): string[] | undefined {
  return read?.members.map(({ key }) => key).sort();
}

describe("a snapshot", () => {
  it("over many pages, holes and rate limits is exactly the org", async () => {
    await using okta = await startOkta({ users: 60, groups: 8, pageSize: 7 });
    okta.faults.add({ kind: "emptyMiddlePage", match: "/api/v1/users", skip: 2 });
    okta.faults.add({ kind: "emptyMiddlePage", match: /\/groups\/[^/]+\/users/, skip: 5, times: 3 });
    okta.faults.add({ kind: "429concurrency", match: "/api/v1/groups", skip: 3, times: 2 });
    okta.faults.add({ kind: "429", resetInMs: 500, match: /\/users\?.*after/, skip: 1 });
    await using directory = await open(okta);
    const { users, groups, proof } = await readAll(directory);

    const truth = okta.dump();
    const present = new Map(truth.users.flatMap((user) => (user.status === "DEPROVISIONED" ? [] : [[user.id, user]])));
    expect(present.size).toBeLessThan(truth.users.length);
    expect([...users.keys()].sort()).toEqual([...present.keys()].sort());
    for (const [key, user] of users) {
      const state = present.get(key)?.status === "SUSPENDED" ? "disabled" : "active";
      expect(user).toMatchObject({ externalId: key, email: present.get(key)?.email, state });
    }
    expect(groups.size).toBe(truth.groups.length);
    for (const group of truth.groups) {
      const read = groups.get(group.id);
      expect(read?.group).toMatchObject({ name: group.name, state: "active" });
      expect(memberKeys(read)).toEqual(group.members.filter((id) => present.has(id)).sort());
    }
    expect(proof).toMatchObject({ complete: true, users: users.size, groups: groups.size });
    expect(proof.evidence).toMatch(/^\d+ pages followed to the last link$/);
  });

  it("finishes under a rate limit that is too small for it", async () => {
    await using okta = await startOkta({
      users: 20,
      groups: 10,
      rateLimit: { perMinute: { other: 5 }, windowMs: 1000 },
    });
    await using directory = await open(okta);
    expect((await readAll(directory)).groups.size).toBe(11);
    expect(okta.history.some(({ status }) => status === 429)).toBe(true);
  });

  it.each([
    [{ kind: "truncatedJson" }, "DIRECTORY_INCOMPLETE"],
    [{ kind: "cutBody" }, "DIRECTORY_UNREACHABLE"],
    [{ kind: "reset" }, "DIRECTORY_UNREACHABLE"],
    [{ kind: "stall" }, "DIRECTORY_UNREACHABLE"],
    [{ kind: "foreignNext", origin: "http://127.0.0.1:1" }, "DIRECTORY_INCOMPLETE"],
    [{ kind: "status", status: 500 }, "DIRECTORY_UNREACHABLE"],
    [{ kind: "status", status: 403, errorCode: "E0000006" }, "DIRECTORY_DENIED"],
    [{ kind: "status", status: 404, errorCode: "E0000007" }, "DIRECTORY_UNREADABLE"],
  ] as const)("with %j in its second page of users ends in %s, never early", async (fault, code) => {
    await using okta = await startOkta({ users: 20, groups: 0, pageSize: 5 });
    okta.faults.add({ ...fault, match: /^\/api\/v1\/users\?.*after=/ });
    await using directory = await open(okta, { groups: false, requestTimeoutMs: 500 });
    await expect(readAll(directory)).rejects.toMatchObject({ code, side: "directory" });
  });
});

describe("a direct read judges by the same scope as a snapshot", () => {
  const filters: Partial<OktaOptions>[] = [
    {},
    { groupFilter: "include:Engineering, sales" },
    { groupFilter: "exclude:everyone,Engineering" },
    { groupFilter: 'exclude:engineering | type eq "OKTA_GROUP"' },
    { groupFilter: '| type eq "BUILT_IN"' },
    { userFilter: '| status eq "ACTIVE"', groupFilter: "exclude:Everyone" },
    { userFilter: '| status eq "STAGED" or status eq "SUSPENDED"' },
  ];

  it.each(filters)("%j", async (filter) => {
    await using okta = await startOkta({ users: 40, groups: 6, activeOnly: true });
    for (const [n, { id }] of okta.dump().users.entries()) {
      if (n % 5 === 0) okta.admin.suspend(id);
      if (n % 7 === 0) okta.admin.deactivate(id);
    }
    await using directory = await open(okta, filter);
    const { users, groups } = await readAll(directory);
    const states = new Set<string>();
    for (const { id, status } of okta.dump().users) {
      const read = await directory.readUser(id, NEVER);
      states.add(read.found ? read.value.user.state : "gone");
      if (status === "DEPROVISIONED") expect(read).toEqual({ found: false, evidence: "Okta status DEPROVISIONED" });
      else if (users.has(id)) expect(read).toMatchObject({ found: true, value: { user: users.get(id) } });
      else expect(read).toMatchObject({ found: true, value: { user: { state: "out" } } });
      if (read.found) expect(read.value.groups.sort()).toEqual([...okta.state.members.groupsOf(id)].sort());
    }
    expect(states).toContain("gone");
    for (const { id } of okta.dump().groups) {
      const read = await directory.readGroup(id, NEVER);
      const value = read.found ? read.value : undefined;
      expect(value?.group.state).toBe(groups.get(id)?.group.state ?? "out");
      expect(memberKeys(value)).toEqual(memberKeys(groups.get(id)) ?? []);
      for (const user of value?.users ?? []) expect(user).toEqual(users.get(user.key));
    }
  });

  it("the group rule: leaving the last kept group puts a person out of scope, joining one brings them in", async () => {
    await using okta = await startOkta({ users: 0, groups: 0 });
    const [kept, other] = [okta.admin.createGroup("Kept"), okta.admin.createGroup("Other")];
    const ann = okta.admin.createUser({ firstName: "Ann", lastName: "A", email: "Ann@Example.com" });
    okta.admin.addToGroup(ann, other);
    await using directory = await open(okta, { groupFilter: "include:kept" });
    const out = { found: true, value: { user: { state: "out", clause: "in no group matched by groupFilter" } } };
    expect(await directory.readUser(ann, NEVER)).toMatchObject(out);
    expect((await readAll(directory)).users.get(ann)).toMatchObject(out.value.user);
    okta.admin.addToGroup(ann, kept);
    expect(await directory.readUser(ann, NEVER)).toMatchObject({
      value: { user: { state: "active", email: "ann@example.com" }, groups: [okta.state.everyoneId, kept, other] },
    });
    okta.admin.removeFromGroup(ann, kept);
    expect(await directory.readUser(ann, NEVER)).toMatchObject(out);
    // Without groups Directory Connector does not look at the group filter.
    await using usersOnly = await open(okta, { groupFilter: "include:kept", groups: false });
    expect(await usersOnly.readUser(ann, NEVER)).toMatchObject({ value: { user: { state: "active" } } });
  });
});

describe("leaving", () => {
  it("a deactivation still under way, a finished one and a deletion all count as gone", async () => {
    await using okta = await startOkta({ users: 0, groups: 0 });
    const person = (name: string): string =>
      okta.admin.createUser({ firstName: name, lastName: "X", email: `${name}@example.com` });
    const [slow, off, deleted] = [person("slow"), person("off"), person("deleted")];
    await using directory = await open(okta);
    okta.admin.deactivate(slow, { delayMs: 60_000 });
    okta.admin.deactivate(off);
    okta.admin.deleteUser(deleted);
    const deprovisioned = { found: false, evidence: "Okta status DEPROVISIONED" };
    expect(await directory.readUser(slow, NEVER)).toEqual(deprovisioned);
    expect(await directory.readUser(off, NEVER)).toEqual(deprovisioned);
    expect(await directory.readUser(deleted, NEVER)).toEqual({
      found: false,
      evidence: "Okta answered 404 (E0000007)",
    });
    expect((await readAll(directory)).users.size).toBe(0);
    const group = okta.admin.createGroup("Short-lived");
    okta.admin.deleteGroup(group);
    expect(await directory.readGroup(group, NEVER)).toEqual({ found: false, evidence: "Okta answered 404 (E0000007)" });
  });
});

describe("the System Log poll", () => {
  it("names what changed since the cursor, over many pages, and then nothing", async () => {
    await using okta = await startOkta({ users: 30, groups: 2, pageSize: 4 });
    await using directory = await open(okta);
    const start = await directory.changesSince?.(null, NEVER);
    if (start?.lost !== false) throw new Error("no cursor");
    const ids = okta
      .dump()
      .users.slice(0, 20)
      .map(({ id }) => id);
    for (const id of ids) okta.admin.updateProfile(id, { title: "Changed" });
    const renamed = okta.dump().groups.find(({ name }) => name !== "Everyone")?.id ?? "";
    okta.admin.renameGroup(renamed, "Renamed");
    const changes = await directory.changesSince?.(start.cursor, NEVER);
    if (changes?.lost !== false) throw new Error("cursor lost");
    expect(changes.more).toBe(false);
    expect(
      new Set(changes.events.flatMap(({ hints }) => hints.map(({ subject }) => `${subject.kind}/${subject.key}`))),
    ).toEqual(new Set([...ids.map((id) => `user/${id}`), `group/${renamed}`]));
    expect(await directory.changesSince?.(changes.cursor, NEVER)).toMatchObject({
      lost: false,
      events: [],
      more: false,
    });
  });

  it("a cursor that Okta does not know is lost", async () => {
    await using okta = await startOkta({ users: 0, groups: 0 });
    await using directory = await open(okta);
    expect(await directory.changesSince?.("nonsense", NEVER)).toMatchObject({ lost: true });
  });
});

describe("identify", () => {
  it("tells whose token it is and what it may read", async () => {
    await using okta = await startOkta({ users: 3, groups: 1 });
    await using directory = await open(okta);
    const identity = await directory.identify(NEVER);
    expect(identity).toMatchObject({ server: okta.url, capabilities: ["read users", "read groups", "read logs"] });
    expect(identity.account).toContain("@example.");
  });

  it("a wrong token is denied", async () => {
    await using okta = await startOkta({ users: 1, groups: 0 });
    await using directory = await open(okta, { token: "00wrong" });
    await expect(directory.identify(NEVER)).rejects.toMatchObject({ code: "DIRECTORY_DENIED", retry: "never" });
  });
});
