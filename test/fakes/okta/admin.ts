import { groupTarget, userTarget } from "./feed.ts";
import type { EventFeed, RecordOptions } from "./feed.ts";
import type { OktaState } from "./state.ts";
import type { LogParty, OktaGroup, OktaUser, UserProfile, UserStatus } from "./types.ts";

export interface ChangeOptions extends Omit<RecordOptions, "outcome" | "debugData"> {
  /** Change the state and tell nobody: neither hook nor log. */
  silent?: boolean;
  /** Also leave `lastUpdated` and `lastMembershipUpdated` alone, as some Okta imports did (OKTA-90593). */
  keepTimestamps?: boolean;
}

export interface NewUser extends Partial<UserProfile> {
  firstName: string;
  lastName: string;
  email: string;
}

/** The back door: what an administrator of the org does. Every method acts at once and throws on nonsense. */
export class OktaAdmin {
  readonly #state: OktaState;
  readonly #feed: EventFeed;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(state: OktaState, feed: EventFeed) {
    this.#state = state;
    this.#feed = feed;
  }

  /** Login is the e-mail and the status ACTIVE unless given. Returns the new id. */
  createUser(profile: NewUser, options: ChangeOptions & { status?: UserStatus } = {}): string {
    const status = options.status ?? "ACTIVE";
    const user = this.#state.addUser({ ...profile, login: profile.login ?? profile.email }, status);
    this.#tell("user.lifecycle.create", [userTarget(user)], options);
    if (status !== "STAGED") this.#tell("user.lifecycle.activate", [userTarget(user)], options);
    return user.id;
  }

  /**
   * Merges into the profile. With `selfService` a changed e-mail is logged as the log-only
   * `user.account.update_primary_email` instead of `update_profile`, so no hook is sent.
   */
  updateProfile(id: string, changes: Partial<UserProfile>, options: ChangeOptions & { selfService?: boolean } = {}) {
    const user = this.#user(id);
    this.#state.setProfile(user, { ...user.profile, ...changes });
    touch(user, options);
    const changedAttributes = Object.keys(changes).join(",");
    const type = options.selfService ? "user.account.update_primary_email" : "user.account.update_profile";
    this.#tell(type, [userTarget(user)], options, { changedAttributes });
  }

  /**
   * Deactivates; memberships stay, as rule-given ones do in Okta. With `delayMs` the event goes out now, while the user
   * keeps the old status with `transitioningToStatus: DEPROVISIONED` until the time has passed.
   */
  deactivate(id: string, options: ChangeOptions & { delayMs?: number } = {}): void {
    const user = this.#user(id);
    if (user.status === "DEPROVISIONED") return;
    const finish = () => {
      setStatus(user, "DEPROVISIONED", options);
    };
    if (options.delayMs === undefined) {
      finish();
    } else {
      user.transitioningToStatus = "DEPROVISIONED";
      touch(user, options);
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        finish();
      }, options.delayMs);
      this.#timers.add(timer);
    }
    this.#tell("user.lifecycle.deactivate", [userTarget(user)], options);
  }

  suspend(id: string, options: ChangeOptions = {}): void {
    this.#move(id, "SUSPENDED", "user.lifecycle.suspend", options);
  }

  unsuspend(id: string, options: ChangeOptions = {}): void {
    if (this.#user(id).status !== "SUSPENDED") throw new Error(`${id} is not suspended`);
    this.#move(id, "ACTIVE", "user.lifecycle.unsuspend", options);
  }

  /** Brings a staged or provisioned user to ACTIVE. */
  activate(id: string, options: ChangeOptions = {}): void {
    this.#move(id, "ACTIVE", "user.lifecycle.activate", options);
  }

  /** Brings a deactivated user back to ACTIVE. */
  reactivate(id: string, options: ChangeOptions = {}): void {
    this.#move(id, "ACTIVE", "user.lifecycle.reactivate", options);
  }

  /** Both of Okta's steps: deactivates an active user first, then deletes for good. */
  deleteUser(id: string, options: ChangeOptions = {}): void {
    const user = this.#user(id);
    this.deactivate(id, options);
    this.#state.dropUser(user);
    this.#tell("user.lifecycle.delete.initiated", [userTarget(user)], options);
    if (options.only !== "hook") {
      this.#tell("user.lifecycle.delete.completed", [userTarget(user)], { ...options, only: "log" });
    }
  }

  addToGroup(userId: string, groupId: string, options: ChangeOptions = {}): void {
    const [user, group] = [this.#user(userId), this.#group(groupId)];
    if (!this.#state.members.add(groupId, userId)) return;
    touchMembers(group, options);
    this.#tell("group.user_membership.add", [userTarget(user), groupTarget(group)], options);
  }

  removeFromGroup(userId: string, groupId: string, options: ChangeOptions = {}): void {
    const [user, group] = [this.#user(userId), this.#group(groupId)];
    if (!this.#state.members.remove(groupId, userId)) return;
    touchMembers(group, options);
    this.#tell("group.user_membership.remove", [userTarget(user), groupTarget(group)], options);
  }

  createGroup(name: string, options: ChangeOptions & { type?: OktaGroup["type"] } = {}): string {
    const group = this.#state.addGroup(name, options.type ?? "OKTA_GROUP");
    this.#tell("group.lifecycle.create", [groupTarget(group)], options);
    return group.id;
  }

  renameGroup(id: string, name: string, options: ChangeOptions = {}): void {
    const group = this.#group(id);
    group.profile.name = name;
    if (!options.keepTimestamps) group.lastUpdated = new Date().toISOString();
    this.#tell("group.profile.update", [groupTarget(group)], options);
  }

  /** No membership events come with it: whether Okta logs them is not documented, so nobody may rely on them. */
  deleteGroup(id: string, options: ChangeOptions = {}): void {
    const group = this.#group(id);
    if (group.type === "BUILT_IN") throw new Error(`${group.profile.name} is built in`);
    this.#state.dropGroup(id);
    this.#tell("group.lifecycle.delete", [groupTarget(group)], options);
  }

  /** Forgets pending transitions, so that the process can end. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #move(id: string, status: UserStatus, eventType: string, options: ChangeOptions): void {
    const user = this.#user(id);
    if (user.status === status) return;
    setStatus(user, status, options);
    this.#tell(eventType, [userTarget(user)], options);
  }

  #tell(eventType: string, target: LogParty[], options: ChangeOptions, debugData: Record<string, string> = {}): void {
    if (options.silent) return;
    const { only, publishedAt } = options;
    this.#feed.record(eventType, target, { debugData, ...(only && { only }), ...(publishedAt && { publishedAt }) });
  }

  #user(id: string): OktaUser {
    const user = this.#state.users.get(id);
    if (!user) throw new Error(`no user ${id}`);
    return user;
  }

  #group(id: string): OktaGroup {
    const group = this.#state.groups.get(id);
    if (!group) throw new Error(`no group ${id}`);
    return group;
  }
}

function setStatus(user: OktaUser, status: UserStatus, options: ChangeOptions): void {
  user.status = status;
  user.transitioningToStatus = null;
  user.statusChanged = new Date().toISOString();
  touch(user, options);
}

function touch(user: OktaUser, options: ChangeOptions): void {
  if (!options.keepTimestamps) user.lastUpdated = new Date().toISOString();
}

/** `lastUpdated` of a group is its profile only; memberships have their own time. */
function touchMembers(group: OktaGroup, options: ChangeOptions): void {
  if (!options.keepTimestamps) group.lastMembershipUpdated = new Date().toISOString();
}
