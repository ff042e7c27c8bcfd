import { isConfirmedOwner, type Group, type Member } from "../bitwarden.ts";

/** Why a list of Bitwarden is not to be believed. */
export interface Doubt {
  /** In words, with numbers. */
  why: string;
  /** Managed ids that the list does not show. */
  missing: string[];
  /** False: no further question can take the doubt away. */
  canBeAsked: boolean;
}

/** So few may be missing without a question: people do delete members by hand. */
const FEW = 5;
const FEW_PERCENT = 5;

/**
 * Every organization has a confirmed owner, and members do not vanish in numbers: a list that says otherwise is
 * truncated, of another organization, or an error page in disguise. Null: nothing speaks against it.
 * @param managed Bitwarden ids that the ledger manages
 */
export function doubtMembers(members: Member[], managed: string[]): Doubt | null {
  const doubt = doubtMissing("members", new Set(members.map(({ id }) => id)), managed);
  if (members.some(isConfirmedOwner)) return doubt;
  const why = `the list of ${String(members.length)} members has no confirmed owner`;
  return { why, missing: doubt?.missing ?? [], canBeAsked: false };
}

/** The same for groups, which have no owner. */
export function doubtGroups(groups: Group[], managed: string[]): Doubt | null {
  return doubtMissing("groups", new Set(groups.map(({ id }) => id)), managed);
}

function doubtMissing(what: string, shown: Set<string>, managed: string[]): Doubt | null {
  const missing = managed.filter((id) => !shown.has(id));
  if (missing.length <= Math.max(FEW, (managed.length * FEW_PERCENT) / 100)) return null;
  const why = `the list of ${what} lacks ${String(missing.length)} of the ${String(managed.length)} that the bridge manages`;
  return { why, missing, canBeAsked: missing.length <= managed.length / 2 };
}
