import { z } from "zod";
import type { Hint, HintedEvent } from "../../domain/hint.ts";

/**
 * The fields of a System Log event that we use; hooks and the log carry the same objects. Everything
 * else may move between Okta releases. Neither state nor outcome is taken from it: the truth is read.
 */
export const logEventSchema = z.object({
  uuid: z.string().regex(/^[\x21-\x7e]{1,100}$/),
  eventType: z.string().min(1).max(200),
  target: z.array(z.object({ id: z.string().nullish(), type: z.string().nullish() })).nullish(),
});
export type OktaLogEvent = z.infer<typeof logEventSchema>;

/**
 * What the event hook in Okta should be subscribed to. Registering a type that is not hook-eligible fails
 * (catalog 2026.08.1), and every type more counts towards Okta's 400,000 events a day.
 */
export const subscribedEventTypes = [
  "user.lifecycle.create",
  "user.lifecycle.activate",
  "user.lifecycle.reactivate",
  "user.lifecycle.deactivate",
  "user.lifecycle.suspend",
  "user.lifecycle.unsuspend",
  "user.lifecycle.delete.initiated",
  "user.account.update_profile",
  "group.lifecycle.create",
  "group.lifecycle.delete",
  "group.profile.update",
  "group.user_membership.add",
  "group.user_membership.remove",
] as const;

/** The subject of an event, by its type. `all`: it speaks of more than its targets name. */
type About = "user" | "group" | "membership" | "all";

/** First match wins; types that match nothing (sign-ins, policies, …) give no hints. */
const ABOUT: readonly (readonly [RegExp, About])[] = [
  [/^user\.lifecycle\./, "user"],
  [/^user\.account\.update_/, "user"],
  [/^user\.realm\.update$/, "user"],
  [/^group\.user_membership\.(add|remove)$/, "membership"],
  [/^group\.(lifecycle|profile)\./, "group"],
  // A rule switched on or off; each membership that it then changes is also an event of its own, as is
  // everything that its frequent evaluations change.
  [/^group\.user_membership\.rule\.(trigger|deactivated|invalidate)$/, "group"],
  [/^system\.import\.(.+\.)?complete$/, "all"],
  [/^system\.import\.group\./, "group"],
  [/^system\.import\.user\./, "user"],
  [/^system\.identity_sources\./, "all"],
  [/^app\.user_management$/, "group"],
  [/^app\.user_management\.user_group_import\./, "group"],
];

/** Types after which somebody may have to lose access: resolved first. */
const URGENT = /^(user\.lifecycle\.(deactivate|suspend|delete\..+)|group\.user_membership\.remove)$/;

/** Okta ids as seen (`00u…`, `00g…`, 20 characters); they go into paths of requests, so nothing else passes. */
const OKTA_ID = /^[A-Za-z0-9]{15,30}$/;

/** A directory event reduced to hints about subjects of `connection`. Pure; never throws. */
export function hintsOf(connection: string, event: OktaLogEvent): HintedEvent {
  const about = ABOUT.find(([pattern]) => pattern.test(event.eventType))?.[1];
  return { id: event.uuid, type: event.eventType, hints: about === undefined ? [] : hints(connection, event, about) };
}

/** "Anything may have changed": what an event that we cannot place is worth. */
export function hintAll(connection: string): Hint {
  return { subject: { connection, kind: "all", key: "" }, via: null, urgent: false };
}

function hints(connection: string, event: OktaLogEvent, about: About): Hint[] {
  const users = about === "user" || about === "membership" ? targets(event, "User") : [];
  const groups = about === "group" || about === "membership" ? targets(event, "UserGroup") : [];
  const urgent = URGENT.test(event.eventType);
  // Only one group can be the single cause; of several, each is read itself.
  const via = groups.length === 1 ? (groups[0] ?? null) : null;
  const found = users.map((key): Hint => ({ subject: { connection, kind: "user", key }, via, urgent }));
  if (found.length === 0 || groups.length > 1) {
    for (const key of groups) found.push({ subject: { connection, kind: "group", key }, via: null, urgent });
  }
  return found.length === 0 ? [hintAll(connection)] : found;
}

/** Ids of the targets of one type. By type only: Okta does not promise their position. */
function targets(event: OktaLogEvent, type: "User" | "UserGroup"): string[] {
  const ids = new Set<string>();
  for (const target of event.target ?? []) {
    if (target.type === type && typeof target.id === "string" && OKTA_ID.test(target.id)) ids.add(target.id);
  }
  return [...ids];
}
