import { randomUUID } from "node:crypto";

interface Target {
  user: string | undefined;
  group: string | undefined;
}

/** The event that fits what was named. Without a user or group a sign-in: it arrives and changes nothing. */
export function usualEventType({ user, group }: Target): string {
  if (user !== undefined && group !== undefined) return "group.user_membership.add";
  if (user !== undefined) return "user.account.update_profile";
  return group === undefined ? "user.session.start" : "group.profile.update";
}

/** A delivery as Okta sends it (developer.okta.com, concepts/event-hooks): an envelope around System Log events. */
export function oktaDelivery(eventType: string, target: Target, events: number, source: string): unknown {
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

function systemLogEvent(eventType: string, { user, group }: Target, published: string): unknown {
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
