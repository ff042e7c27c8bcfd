import type { Member } from "../bitwarden.ts";

/** Where a person whom the directory knows stands among all members. */
export type Place =
  | { is: "there"; member: Member }
  /** A member of the same address, in whatever spelling, without external id. */
  | { is: "unlinked"; member: Member }
  | { is: "nowhere" }
  /** Somebody stands in the way. */
  | { is: "taken"; why: string; remedy: string };

/**
 * Places people by external id, else by address. Addresses are compared lower-cased against all members: Bitwarden
 * compares them exactly, and would invite a second member for an account that is stored in mixed case.
 */
export function placing(members: Member[]): (person: { email: string; externalId: string }) => Place {
  const byExternalId = Map.groupBy(members, (member) => member.externalId);
  const byEmail = Map.groupBy(members, (member) => member.email.toLowerCase());
  return ({ email, externalId }) => {
    const owners = byExternalId.get(externalId) ?? [];
    const holders = (byEmail.get(email.toLowerCase()) ?? []).filter((member) => member.externalId !== externalId);
    const [owner] = owners;
    const [holder] = holders;
    if (owners.length > 1) {
      const names = owners.map((member) => member.email).join(" and ");
      const why = `${String(owners.length)} members carry the external id ${externalId}: ${names}`;
      return { is: "taken", why, remedy: "Clear the external id of all but one of them in Bitwarden." };
    }
    if (owner) return { is: "there", member: owner };
    if (!holder) return { is: "nowhere" };
    if (holders.length > 1) {
      const why = `${String(holders.length)} members have the address ${email}`;
      return {
        is: "taken",
        why,
        remedy: "Remove all but one of them in Bitwarden; a confirmed one holds the vault access.",
      };
    }
    if (holder.externalId === null) return { is: "unlinked", member: holder };
    const why = `${email} belongs to a member with the external id ${holder.externalId}`;
    return { is: "taken", why, remedy: "Clear that member's external id in Bitwarden to let this bridge take over." };
  };
}
