interface EventDescription {
  displayMessage: string;
  legacyEventType: string | null;
}

/** Types a hook can subscribe to (catalog release 2026.08.1, the part about users, groups and imports). */
const hookEligible: Record<string, EventDescription> = {
  "user.lifecycle.create": described("Create Okta user", "core.user.config.user_creation.success"),
  "user.lifecycle.activate": described("Activate Okta user", "core.user.config.user_activated"),
  "user.lifecycle.reactivate": described("Reactivate Okta user", null),
  "user.lifecycle.deactivate": described("Deactivate Okta user", "core.user.config.user_deactivated"),
  "user.lifecycle.suspend": described("Suspend Okta user", "core.user.config.user_status.suspended"),
  "user.lifecycle.unsuspend": described("Unsuspend Okta user", "core.user.config.user_status.unsuspended"),
  "user.lifecycle.delete.initiated": described("Delete Okta user initiated", null),
  "user.account.update_profile": described("Update user profile for Okta", "core.user.config.profile_update.success"),
  "user.account.lock": described("Max sign in attempts exceeded", "core.user_auth.account_locked"),
  "user.account.unlock": described("Account unlock", null),
  "user.account.unlock_by_admin": described("Unlock user account by admin", null),
  "user.session.start": described("User login to Okta", "core.user_auth.login_success"),
  "group.lifecycle.create": described("Create Okta group", "core.user_group.create"),
  "group.lifecycle.delete": described("Delete Okta group", "core.user_group.delete"),
  "group.profile.update": described("Update Okta group", "core.user_group.update"),
  "group.user_membership.add": described("Add user to group membership", "core.user_group_member.user_add"),
  "group.user_membership.remove": described("Remove user from group membership", "core.user_group_member.user_remove"),
  "application.user_membership.add": described("Add user to application membership", null),
  "application.user_membership.remove": described("Remove user's application membership", null),
  "application.user_membership.update": described("Update user's application property", null),
  "group.application_assignment.add": described("Assign application to group", null),
  "group.application_assignment.remove": described("Remove group from application", null),
  "group.application_assignment.update": described("Update application group property", null),
  "app.user_management": described("Imported new or deleted existing member of an application group", null),
  "app.user_management.user_group_import.upsert_success": described("Imported user group", null),
  "system.import.group.create": described("Create group during import", null),
  "system.import.group.delete": described("Delete group during import", null),
  "system.import.start": described("Start import", null),
  "system.import.complete": described("Complete import", null),
  "system.org.rate_limit.warning": described("Rate limit warning", null),
  "system.org.rate_limit.violation": described("Rate limit violation", null),
};

/** Types only the System Log carries. */
const logOnly: Record<string, EventDescription> = {
  "user.lifecycle.delete.completed": described("Delete Okta user completed", null),
  "user.account.update_primary_email": described("Update primary email for user", null),
  "system.import.group_membership.complete": described("Complete import of group memberships", null),
  "event_hook.delivery": described("Event hook delivery", null),
  "event_hook.created": described("Event hook created", null),
  "event_hook.updated": described("Event hook updated", null),
  "event_hook.deleted": described("Event hook deleted", null),
  "event_hook.activated": described("Event hook activated", null),
  "event_hook.deactivated": described("Event hook deactivated", null),
  "event_hook.verified": described("Event hook verified", null),
};

/** What Port and we subscribe to: every type that tells of a user, a group or a membership. */
export const recommendedEvents: readonly string[] = [
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
];

export function isHookEligible(eventType: string): boolean {
  return Object.hasOwn(hookEligible, eventType);
}

/** Throws for a type this emulator does not know, so that no test relies on a name Okta does not have. */
export function describeEvent(eventType: string): EventDescription {
  const description = hookEligible[eventType] ?? logOnly[eventType];
  if (!description) throw new Error(`not a System Log event type: ${eventType}`);
  return description;
}

function described(displayMessage: string, legacyEventType: string | null): EventDescription {
  return { displayMessage, legacyEventType };
}
