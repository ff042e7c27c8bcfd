import fc from "fast-check";
import { expect, test } from "vitest";
import { hintsOf, logEventSchema, subscribedEventTypes } from "../../src/directories/okta/events.ts";

const ADA = "00u1a2b3c4d5e6f7g8h9";
const BOB = "00u9h8g7f6e5d4c3b2a1";
const SALES = "00g1a2b3c4d5e6f7g8h9";
const OPS = "00g9h8g7f6e5d4c3b2a1";
const app = { id: "0oa1a2b3c4d5e6f7g8h9", type: "AppInstance" };

function user(id: string) {
  return { id, type: "User" };
}

function group(id: string) {
  return { id, type: "UserGroup" };
}

/** Hints as `kind key [via group] [urgent]`, which is easier to read. */
function hints(eventType: string, target?: { id?: string | null; type?: string | null }[] | null): string[] {
  return hintsOf("okta-main", { uuid: "1", eventType, target }).hints.map(({ subject, via, urgent }) => {
    expect(subject.connection).toBe("okta-main");
    return [subject.kind, subject.key, via === null ? "" : `via ${via}`, urgent ? "urgent" : ""].join(" ").trim();
  });
}

test.each([
  ["user.lifecycle.create", ""],
  ["user.lifecycle.activate", ""],
  ["user.lifecycle.reactivate", ""],
  ["user.lifecycle.unsuspend", ""],
  ["user.account.update_profile", ""],
  ["user.account.update_primary_email", ""],
  ["user.realm.update", ""],
  ["user.lifecycle.deactivate", "  urgent"],
  ["user.lifecycle.suspend", "  urgent"],
  ["user.lifecycle.delete.initiated", "  urgent"],
  ["user.lifecycle.delete.completed", "  urgent"],
])("%s hints at the user, leavers urgently", (type, urgent) => {
  expect(hints(type, [app, user(ADA)])).toEqual([`user ${ADA}${urgent}`]);
});

test.each(["group.lifecycle.create", "group.lifecycle.delete", "group.profile.update"])(
  "%s hints at the group",
  (type) => {
    expect(hints(type, [group(SALES), user(ADA)])).toEqual([`group ${SALES}`]);
  },
);

test("a membership hints at the person, via the group, wherever they stand among the targets", () => {
  expect(hints("group.user_membership.add", [user(ADA), group(SALES)])).toEqual([`user ${ADA} via ${SALES}`]);
  expect(hints("group.user_membership.add", [group(SALES), app, user(ADA)])).toEqual([`user ${ADA} via ${SALES}`]);
  expect(hints("group.user_membership.remove", [user(ADA), group(SALES)])).toEqual([`user ${ADA} via ${SALES} urgent`]);
});

test("an unusual membership event still names everybody it names", () => {
  expect(hints("group.user_membership.add", [user(ADA), user(BOB), user(ADA), group(SALES)])).toEqual([
    `user ${ADA} via ${SALES}`,
    `user ${BOB} via ${SALES}`,
  ]);
  expect(hints("group.user_membership.add", [user(ADA), group(SALES), group(OPS)])).toEqual([
    `user ${ADA}`,
    `group ${SALES}`,
    `group ${OPS}`,
  ]);
  expect(hints("group.user_membership.add", [user(ADA)])).toEqual([`user ${ADA}`]);
  expect(hints("group.user_membership.add", [group(SALES)])).toEqual([`group ${SALES}`]);
});

test.each([
  "system.import.complete",
  "system.import.group_membership.complete",
  "system.import.membership_processing.complete",
  "system.identity_sources.bulk_upsert",
  "group.user_membership.rule.deactivated",
  "app.user_management",
])("%s, which names nobody, hints at the whole directory", (type) => {
  expect(hints(type, [app])).toEqual(["all"]);
});

test("imports and rules that name a group or a user hint at it", () => {
  expect(hints("group.user_membership.rule.trigger", [group(SALES)])).toEqual([`group ${SALES}`]);
  expect(hints("system.import.group.delete", [group(SALES)])).toEqual([`group ${SALES}`]);
  expect(hints("system.import.user.update", [user(ADA)])).toEqual([`user ${ADA}`]);
  expect(hints("app.user_management", [app, group(SALES)])).toEqual([`group ${SALES}`]);
});

test.each([
  "user.session.start",
  "user.account.lock",
  "application.user_membership.add",
  "app.user_management.push_new_user",
  "group.user_membership.rule.evaluation",
  "system.import.start",
  "event_hook.delivery",
  "not.known.yet",
])("%s gives no hints", (type) => {
  expect(hints(type, [user(ADA), group(SALES)])).toEqual([]);
});

test.each([
  ["no targets", undefined],
  ["null targets", null],
  ["a path as id", [user("../../api/v1/users/me/00u")]],
  ["an id too long", [user("0".repeat(31))]],
  ["an absent id", [{ type: "User" }, { id: null, type: "User" }]],
  ["an absent type", [{ id: ADA }, { id: ADA, type: null }]],
])("a change of a user with %s cannot be placed, so it hints at the whole directory", (_name, target) => {
  expect(hints("user.lifecycle.create", target)).toEqual(["all"]);
});

test("every type that we ask Okta to send is about somebody", () => {
  expect(new Set(subscribedEventTypes).size).toBe(13);
  for (const type of subscribedEventTypes) {
    expect(hints(type, [user(ADA), group(SALES)]), type).toHaveLength(1);
    expect(hints(type, [user(ADA), group(SALES)]), type).not.toEqual(["all"]);
  }
});

test("whatever passes the schema gives hints whose keys are plain ids", () => {
  const target = fc.record({
    id: fc.oneof(fc.string(), fc.constant(ADA)),
    type: fc.constantFrom("User", "UserGroup", "x"),
  });
  const event = fc.record({
    uuid: fc.string(),
    eventType: fc.oneof(fc.constantFrom(...subscribedEventTypes), fc.string()),
    target: fc.oneof(fc.array(target), fc.constant(null)),
  });
  fc.assert(
    fc.property(event, (candidate) => {
      const parsed = logEventSchema.safeParse(candidate);
      if (!parsed.success) return;
      const hinted = hintsOf("c", parsed.data);
      expect(hinted.id).toMatch(/^[\x21-\x7e]{1,100}$/);
      for (const { subject, via } of hinted.hints) {
        expect(subject.key).toMatch(subject.kind === "all" ? /^$/ : /^[A-Za-z0-9]{15,30}$/);
        expect(via ?? ADA).toMatch(/^[A-Za-z0-9]{15,30}$/);
      }
    }),
  );
});
