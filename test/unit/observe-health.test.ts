import { expect, test } from "vitest";
import { health, type ConnectionState, type OrganizationState } from "../../src/observe/health.ts";

const NOW = Date.UTC(2026, 10, 21, 12);
const HOUR_MS = 3_600_000;

const connection: ConnectionState = {
  name: "okta-main",
  organization: "acme",
  started: true,
  lastHookAtMs: NOW - 1000,
  lastPollAtMs: NOW - 1000,
  lastReconciliationAtMs: NOW - HOUR_MS,
  reconcileWithinMs: 25 * HOUR_MS,
  waiting: 0,
  oldestWaitingAtMs: null,
  blocked: 0,
  error: null,
};
const organization: OrganizationState = {
  name: "acme",
  mode: "sync",
  firstRunApproved: true,
  held: 0,
  rejected: 0,
  toSend: 0,
  stillActive: [],
  broken: [],
  failed: 0,
  error: null,
};

function judge(of: Partial<ConnectionState>, and: Partial<OrganizationState> = {}) {
  const { state, because } = health(NOW, [{ ...connection, ...of }], [{ ...organization, ...and }]);
  return { state, because };
}

test("with nothing to report all is well", () => {
  expect(judge({})).toEqual({ state: "well", because: [] });
  expect(judge({ waiting: 3, oldestWaitingAtMs: NOW - 60_000 })).toEqual({ state: "well", because: [] });
});

test.each<[string, Partial<ConnectionState>, string]>([
  ["an error", { error: "The Okta token was refused." }, "okta-main: The Okta token was refused."],
  ["blocked subjects", { blocked: 1 }, "okta-main: 1 subject cannot be read or applied"],
  ["no reconciliation", { lastReconciliationAtMs: null }, "okta-main: never read completely yet"],
  [
    "an old reconciliation",
    { lastReconciliationAtMs: NOW - 26 * HOUR_MS },
    "okta-main: last complete reconciliation 26 hours ago",
  ],
  [
    "an old queue",
    { waiting: 2, oldestWaitingAtMs: NOW - 20 * 60_000 },
    "okta-main: 2 subjects waiting, the oldest from 20 minutes ago",
  ],
  ["a stop", { started: false }, "okta-main: stopped by an administrator: changes are stored, not applied"],
])("%s of a connection is degraded, in words", (_name, state, because) => {
  expect(judge(state)).toEqual({ state: "degraded", because: [because] });
});

test.each<[string, Partial<OrganizationState>, string]>([
  ["operations", { held: 21 }, "acme: 21 operations held for approval"],
  ["the first plan", { firstRunApproved: false }, "acme: the first plan waits for approval: nothing is written"],
])("%s that wait for a person are held, not degraded", (_name, state, because) => {
  expect(judge({}, state)).toEqual({ state: "held", because: [because] });
});

test("an organization that is only observed has nothing to approve", () => {
  expect(judge({}, { mode: "observe", firstRunApproved: false })).toEqual({ state: "well", because: [] });
});

test("degraded outweighs held, and every reason is told", () => {
  expect(judge({}, { held: 1, failed: 2, error: "Bitwarden refused the client secret." })).toEqual({
    state: "degraded",
    because: [
      "acme: Bitwarden refused the client secret.",
      "acme: 2 operations failed",
      "acme: 1 operation held for approval",
    ],
  });
});

test("each part carries its own state beside what it was judged by", () => {
  const report = health(NOW, [connection, { ...connection, name: "ldap", blocked: 3 }], [organization]);

  expect(report.connections.map(({ name, state }) => [name, state])).toEqual([
    ["okta-main", "well"],
    ["ldap", "degraded"],
  ]);
  expect(report.connections[1]).toMatchObject({ blocked: 3, organization: "acme" });
  expect(report.organizations[0]).toMatchObject({ name: "acme", state: "well" });
});
