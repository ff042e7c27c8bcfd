import fc from "fast-check";
import { expect, test } from "vitest";
import type { PlanInput } from "../../src/domain/plan/draft.ts";
import { descendants } from "../../src/domain/plan/closure.ts";
import type { Claim } from "../../src/domain/model.ts";
import { takesAway, type PlannedOperation } from "../../src/domain/operation.ts";
import { verdictOfPerson } from "../../src/domain/people/person.ts";
import { plan } from "../../src/domain/plan/plan.ts";
import { company, inputOf, type Company } from "./plan-company.ts";
import { applyPlan } from "./plan-simulator.ts";

function everyCompany(check: (one: Company) => void, numRuns = 2_000): void {
  fc.assert(fc.property(company, check), { numRuns });
}

/** Checks every planned operation of any company. */
function eachOperation(check: (operation: PlannedOperation, input: PlanInput) => void): void {
  everyCompany((one) => {
    const input = inputOf(one);
    for (const operation of plan(input).operations) check(operation, input);
  });
}

function memberOf(key: string, { model, live }: PlanInput) {
  const byLedger = live.members.get(model.ledgerUsers.get(key)?.bwId ?? "");
  const externalIds = claimsOf(key, model).map(({ record }) => record.externalId);
  return byLedger ?? [...live.members.values()].find((member) => externalIds.includes(member.externalId ?? ""));
}

function claimsOf(key: string, { people }: PlanInput["model"]): Claim[] {
  return people.get(key)?.claims ?? [];
}

function hasActive(key: string, { model }: PlanInput): boolean {
  return claimsOf(key, model).some(({ record }) => record.state === "active");
}

function isLeaving({ type }: PlannedOperation): boolean {
  return type === "member.revoke" || type === "member.remove";
}

function isMembership({ type }: PlannedOperation): boolean {
  return type === "membership.add" || type === "membership.remove";
}

/** What the person's own directory of the group says of them. */
function claimsHere({ key, object }: PlannedOperation, { model }: PlanInput): Claim[] {
  return claimsOf(key, model).filter(({ source }) => source === model.groups.get(object)?.source);
}

test("nobody is revoked or removed but on claims that ended and that a direct read has confirmed", () => {
  eachOperation((operation, { model, sources }) => {
    if (!isLeaving(operation)) return;
    const person = model.people.get(operation.key);
    const verdict = person && verdictOfPerson(person, sources);
    if (verdict?.want !== "leave") throw new Error(`${operation.key} does not leave`);
    expect(verdict.ended.length).toBeGreaterThan(0);
    expect(verdict.ended.filter(({ record }) => record.state === "active" || !record.confirmed)).toEqual([]);
    expect(operation.provenAt).toBe(Math.min(...verdict.ended.map(({ record }) => record.readAt)));
  });
});

test("a person stays while anyone with a voice claims them, unless an authoritative directory let them go", () => {
  eachOperation((operation, { model, sources }) => {
    if (!isLeaving(operation)) return;
    const claims = claimsOf(operation.key, model);
    const voices = claims.filter(({ source }) => sources.get(source)?.options.users === true);
    const final = voices.some(
      ({ source, record }) =>
        sources.get(source)?.authoritative === true && (record.state === "disabled" || record.state === "gone"),
    );
    if (!final) expect(voices.filter(({ record }) => record.state === "active")).toEqual([]);
  });
});

test("a group is deleted or emptied only once a direct read has said that it ended", () => {
  eachOperation((operation, { model }) => {
    const group = model.groups.get(operation.kind === "group" ? operation.key : operation.object);
    if (operation.type === "group.delete") expect(operation.provenAt).toBe(group?.record.readAt);
    const ended = operation.type === "group.delete" || operation.type === "membership.remove";
    if (ended && group?.record.state !== "active") expect(group?.record.confirmed).toBe(true);
    if (operation.type === "group.delete") expect(group?.record.state).not.toBe("active");
  });
});

test("a membership is lost only where the directory of the group has ended the person, or its list lacks them", () => {
  eachOperation((operation, input) => {
    if (operation.type !== "membership.remove") return;
    const here = claimsHere(operation, input);
    const group = input.model.groups.get(operation.object);
    const reads = [...here.filter(({ record }) => record.confirmed).map(({ record }) => record.readAt)];
    const lists = [...descendants([operation.object], input.model.groupEdges)];
    const listed = lists.flatMap((key) => input.model.groups.get(key)?.record.readAt ?? []);
    expect([...reads, ...listed]).toContain(operation.provenAt);
    // Nothing is newer than the direct read of the person and the oldest of the lists.
    if (group?.record.state === "active")
      expect(operation.provenAt).toBeLessThanOrEqual(Math.max(Math.min(...listed), ...reads));
    else if (here.some(({ record }) => record.state === "active"))
      expect(operation.provenAt).toBe(group?.record.readAt);
    const isActive = here.some(({ record }) => record.state === "active");
    const unread = here.filter(({ record }) => !record.confirmed);
    if (here.length > 0 && !isActive) expect(unread).toEqual([]);
    if (isActive && group?.record.state === "active")
      expect(input.model.userEdges.get(operation.object) ?? []).not.toContain(operation.key);
  });
});

test("what takes something away is proven by a read, and nothing else carries a proof", () => {
  eachOperation((operation) => {
    expect(operation.provenAt > 0).toBe(takesAway(operation.type));
  });
});

test("an unconfirmed leaver or lost group is nominated for a direct read, and loses nothing by it", () => {
  everyCompany((one) => {
    const input = inputOf(one);
    const { nominations, operations } = plan(input);
    for (const { connection, kind, key } of nominations) {
      const name = `${connection}/${key}`;
      const group = input.model.groups.get(name);
      if (kind === "group") {
        expect(group?.record.confirmed).toBe(false);
        expect(operations.filter((operation) => operation.key === name || operation.object === name)).toEqual([]);
        continue;
      }
      const isTheirs = ({ source, record }: Claim): boolean => source === connection && record.key === key;
      const person = [...input.model.people.values()].find(({ claims }) => claims.some(isTheirs));
      expect(person?.claims.find(isTheirs)?.record).toMatchObject({ confirmed: false });
      const taken = operations.filter((operation) => operation.key === person?.key && takesAway(operation.type));
      expect(taken.filter(({ object }) => object === "" || object.startsWith(`${connection}/`))).toEqual([]);
    }
  });
});

test("owners, admins, custom roles and protected people are never revoked or removed", () => {
  eachOperation((operation, input) => {
    if (!isLeaving(operation)) return;
    const member = memberOf(operation.key, input);
    expect(member?.type).toBe(2);
    expect(input.protected.has(member?.email ?? "")).toBe(false);
    for (const { record } of claimsOf(operation.key, input.model))
      expect(input.protected.has(record.email ?? "")).toBe(false);
  });
});

test("only whom the ledger says we revoked is restored, and only when active", () => {
  eachOperation((operation, input) => {
    if (operation.type !== "member.restore") return;
    expect(input.model.ledgerUsers.get(operation.key)?.revokedByUs).toBe(true);
    expect(hasActive(operation.key, input)).toBe(true);
  });
});

test("whoever is or was managed is never invited, also after deletion by hand; disabled people neither", () => {
  eachOperation((operation, input) => {
    if (operation.type !== "member.invite") return;
    const { model, live } = input;
    expect(model.ledgerUsers.has(operation.key)).toBe(false);
    expect(hasActive(operation.key, input)).toBe(true);
    const members = [...live.members.values()];
    expect(members.map((member) => member.email)).not.toContain(operation.data.email);
    expect(members.map((member) => member.externalId)).not.toContain(operation.data.externalId);
  });
});

test("no two people are invited, linked or adopted under one address, one external id or one member", () => {
  everyCompany((one) => {
    const { operations, adoptedUsers, adoptedGroups } = plan(inputOf(one));
    const entering = operations.filter(({ type }) => type === "member.invite" || type === "member.link");
    const unique = (values: (string | undefined)[]): void => {
      expect(new Set(values).size).toBe(values.length);
    };
    unique(entering.map(({ data }) => data.email));
    unique(entering.map(({ data }) => data.externalId));
    unique([...adoptedUsers, ...adoptedGroups].map(({ bwId }) => bwId));
  });
});

test("memberships change only between a managed group and a managed person, of whom neither is frozen", () => {
  eachOperation((operation, input) => {
    if (!isMembership(operation)) return;
    const { model, live } = input;
    const member = memberOf(operation.key, input);
    expect(hasActive(operation.key, input)).toBe(true);
    const isFrozen = member?.status === -1 && model.ledgerUsers.get(operation.key)?.revokedByUs !== true;
    expect(isFrozen).toBe(false);
    const group = model.ledgerGroups.get(operation.object);
    if (group) expect(live.groups.has(group.bwId)).toBe(true);
    if (operation.type === "membership.remove") {
      const externalId = model.groups.get(operation.object)?.record.externalId ?? "";
      const adopted = [...live.groups.values()].find((one) => one.externalId === externalId);
      expect(live.memberIds.get(group?.bwId ?? adopted?.id ?? "")?.has(member?.id ?? "")).toBe(true);
    }
  });
});

test("no two operations of a plan are about the same subject and object", () => {
  everyCompany((one) => {
    const slots = plan(inputOf(one)).operations.map(({ kind, key, object }) => `${kind} ${key} ${object}`);
    expect(new Set(slots).size).toBe(slots.length);
  });
});

test("a plan that has been carried out leaves nothing to plan, at the latest after a few rounds", () => {
  everyCompany((one) => {
    const input = inputOf(one);
    // Later rounds link who was restored, correct who was linked or joined, and follow the nominations.
    for (let round = 0; round < 5; round += 1) applyPlan(plan(input), input);
    const { operations, joins, nominations, adoptedUsers, forgotten } = plan(input);
    expect({ operations, joins: [...joins], nominations, adoptedUsers, forgotten }).toEqual({
      operations: [],
      joins: [],
      nominations: [],
      adoptedUsers: [],
      forgotten: [],
    });
  });
});
