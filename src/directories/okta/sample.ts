import { randomUUID } from "node:crypto";
import type { HookSample, HookTarget } from "../sample.ts";

/** What Okta sends (https://developer.okta.com/docs/concepts/event-hooks/): an envelope around System Log events. */
export const oktaSample: HookSample = {
  usualEventType,
  delivery,
  challenge: (challenge) => ({
    headers: { "X-Okta-Verification-Challenge": challenge },
    answer: { verification: challenge },
  }),
};

/** Without a user or group a sign-in: it arrives and changes nothing. */
function usualEventType({ user, group }: HookTarget): string {
  if (user !== undefined && group !== undefined) return "group.user_membership.add";
  if (user !== undefined) return "user.account.update_profile";
  return group === undefined ? "user.session.start" : "group.profile.update";
}

function delivery(eventType: string, target: HookTarget, events: number, source: string): unknown {
  const now = new Date().toISOString();
  return {
    eventType: "com.okta.event_hook",
    eventTypeVersion: "1.0",
    cloudEventsVersion: "0.1",
    source,
    eventId: randomUUID(),
    data: { events: Array.from({ length: events }, () => systemLogEvent(eventType, target, now)) },
    eventTime: now,
    contentType: "application/json",
  };
}

function systemLogEvent(eventType: string, { user, group }: HookTarget, published: string): unknown {
  return {
    uuid: randomUUID(),
    published,
    eventType,
    version: "0",
    severity: "INFO",
    displayMessage: "Sent by `bwbridge hooks send`",
    actor: { id: "bwbridge", type: "SystemPrincipal", alternateId: "bwbridge", displayName: "bwbridge" },
    outcome: { result: "SUCCESS", reason: null },
    target: [...party("User", user), ...party("UserGroup", group)],
  };
}

function party(type: string, id: string | undefined): unknown[] {
  return id === undefined ? [] : [{ id, type, alternateId: "unknown", displayName: id, detailEntry: null }];
}
