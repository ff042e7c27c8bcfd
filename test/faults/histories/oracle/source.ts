import type { OktaEmulator } from "../../../fakes/okta/server.ts";

/** One directory and the connection that reads it. */
export interface Source {
  /** Name of the connection. */
  name: string;
  okta: OktaEmulator;
  /** Its "disabled" wins over what another directory says of the same person. */
  authoritative: boolean;
  /** Names of the only groups whose members take part, as `groupFilter: include:…` says; null: everybody takes part. */
  included: readonly string[] | null;
}

/** Whether the group takes part by its present name. */
export function isIncluded({ okta, included }: Source, group: string): boolean {
  const name = okta.state.groups.get(group)?.profile.name;
  if (name === undefined) return false;
  return included === null || included.some((one) => one.toLowerCase() === name.toLowerCase());
}

/** Whether this directory lets the person take part now: there, not suspended, not deactivated, in an included group. */
export function isClaimed(source: Source, user: string): boolean {
  const { okta, included } = source;
  const status = okta.state.users.get(user)?.status;
  if (status === undefined || status === "SUSPENDED" || status === "DEPROVISIONED") return false;
  return included === null || okta.state.members.groupsOf(user).some((group) => isIncluded(source, group));
}

/** Whether this directory knows the person and says that they are disabled. */
export function isDisabled({ okta }: Source, user: string): boolean {
  const status = okta.state.users.get(user)?.status;
  return status === "SUSPENDED" || status === "DEPROVISIONED";
}

/** The groups that an administrator made, not `Everyone`. */
export function ordinaryGroups({ okta }: Source): string[] {
  return [...okta.state.groups.values()].filter(({ type }) => type !== "BUILT_IN").map(({ id }) => id);
}
