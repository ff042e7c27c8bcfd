import type { DirectoryGroup, DirectoryUser } from "../../domain/directory.ts";
import type { LdapEntry } from "./wire/decode.ts";
import { canonicalDn, isUnder } from "./wire/dn.ts";
import { unreadable } from "./wire/errors.ts";
import type { Scope } from "./layout.ts";
import type { Session } from "./wire/session.ts";

const ACCOUNT_DISABLED = 2; // userAccountControl, MS-ADTS 2.2.16

/** What must be read of a user, and nothing else. */
export function userAttributes({ layout, keyAttribute }: Session): string[] {
  return [
    keyAttribute,
    layout.emailAttribute,
    ...(layout.emailFallback === null ? [] : [layout.emailFallback.attribute]),
    ...(layout.accountControl ? ["userAccountControl"] : []),
    ...(layout.membersAreDns ? [] : ["uid"]),
  ];
}

export function groupAttributes({ layout, keyAttribute }: Session): string[] {
  return [keyAttribute, layout.nameAttribute, "cn", layout.memberAttribute];
}

/** A user entry in the domain's words; `outClause` says why it is out of scope, if it is. */
export function userOf(session: Session, entry: LdapEntry, outClause?: string): DirectoryUser {
  const { layout } = session;
  const key = keyOf(session, entry);
  const identity = { key, externalId: externalIdOf(session, entry), email: emailOf(session, entry) };
  if (outClause !== undefined) return { ...identity, state: "out", clause: outClause };
  const control = Number(first(entry, "useraccountcontrol") ?? 0);
  return layout.accountControl && (control & ACCOUNT_DISABLED) !== 0
    ? { ...identity, state: "disabled", clause: "userAccountControl: disabled" }
    : { ...identity, state: "active" };
}

/** A group entry without its members. One without a name is out of scope: Bitwarden cannot take it. */
export function groupOf(session: Session, entry: LdapEntry, outClause?: string): DirectoryGroup {
  const { nameAttribute } = session.layout;
  const name = first(entry, nameAttribute) ?? first(entry, "cn") ?? "";
  const clause = outClause ?? (name === "" ? `has no ${nameAttribute}` : undefined);
  const identity = { key: keyOf(session, entry), externalId: externalIdOf(session, entry), name };
  return clause === undefined ? { ...identity, state: "active" } : { ...identity, state: "out", clause };
}

/** Why an entry that exists is not in the scope. */
export function clauseOf(scope: Scope, dn: string): string {
  return isUnder(canonicalDn(dn), scope.canonicalBase)
    ? `does not match ${scope.description}`
    : `is not below ${scope.base}`;
}

/** The immutable key. Throws DIRECTORY_UNREADABLE where the server does not show it. */
export function keyOf(session: Session, entry: LdapEntry): string {
  const key = first(entry, session.keyAttribute.toLowerCase());
  if (key !== undefined) return key;
  throw unreadable(
    `${entry.dn} has no ${session.keyAttribute}`,
    "Let the sync account read this attribute, or choose the preset of this server: the bridge needs an id that survives renames.",
  );
}

function externalIdOf(session: Session, entry: LdapEntry): string {
  return session.layout.externalId === "objectGUID" ? keyOf(session, entry) : entry.dn;
}

function emailOf({ layout }: Session, entry: LdapEntry): string | null {
  const email = first(entry, layout.emailAttribute);
  if (email !== undefined) return email.toLowerCase();
  const prefix = layout.emailFallback === null ? undefined : first(entry, layout.emailFallback.attribute);
  return prefix === undefined ? null : `${prefix}${layout.emailFallback?.suffix ?? ""}`.toLowerCase();
}

function first(entry: LdapEntry, attribute: string): string | undefined {
  const value = entry.attributes.get(attribute)?.[0]?.trim();
  return value === "" ? undefined : value;
}
