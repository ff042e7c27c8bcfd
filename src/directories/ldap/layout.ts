import type { Filter } from "ldapts";
import { canonicalDn, isUnder } from "./wire/dn.ts";
import { invalidConfig } from "./wire/errors.ts";
import { classFilter } from "./wire/filter.ts";
import type { LdapOptions } from "./options.ts";
import { MEMBER_ATTRIBUTE_OF_CLASS, PRESETS, type PresetDefaults } from "./presets.ts";

/** One kind of entry: where it is, what it must match, and what is read of it. */
export interface Scope {
  base: string;
  /** `base` in canonical form. */
  canonicalBase: string;
  filter: Filter;
  /** The class alone, without the administrator's filter. */
  ofClass: Filter;
  objectClass: string;
  /** For the clause of what is out of scope. */
  description: string;
}

/** The options after preset, path rule and validation. Attribute names in lower case, as entries have them. */
export interface Layout {
  connection: string;
  /** The root first, then the search bases: every connection must prove that it can read them. */
  bases: string[];
  /** Bases that together hold everything the bridge may look at: the root, and paths outside of it. */
  searchRoots: string[];
  users: Scope;
  groups: Scope;
  keyAttributes: readonly [string, ...string[]];
  externalId: PresetDefaults["externalId"];
  accountControl: boolean;
  emailAttribute: string;
  /** Where an e-mail is made up of prefix and suffix. */
  emailFallback: { attribute: string; suffix: string } | null;
  nameAttribute: string;
  memberAttribute: string;
  /** `member` and `uniqueMember` hold DNs by schema; anything else may hold uids. */
  membersAreDns: boolean;
  ownDomainOnly: boolean;
  paged: boolean;
}

/** Applies the preset and checks what can be checked without a server. Throws CONFIG_INVALID. */
export function layoutOf(options: LdapOptions): Layout {
  requireOptions(options);
  const preset = PRESETS[options.preset];
  const root = rootOf(options.rootPath);
  const users = scopeOf(options, "user", root, preset);
  const groups = scopeOf(options, "group", root, preset);
  const memberAttribute = (
    options.memberAttribute ??
    MEMBER_ATTRIBUTE_OF_CLASS[groups.objectClass.toLowerCase()] ??
    preset.memberAttribute
  ).toLowerCase();
  const prefixAttribute = (options.emailPrefixAttribute ?? preset.emailPrefixAttribute).toLowerCase();
  return {
    connection: options.connection,
    bases: [...new Set([root, users.base, ...(options.groups ? [groups.base] : [])])],
    searchRoots: searchRoots(root, [users.base, groups.base]),
    users,
    groups,
    keyAttributes: preset.keyAttributes,
    externalId: preset.externalId,
    accountControl: preset.accountControl,
    emailAttribute: (options.userEmailAttribute ?? preset.userEmailAttribute).toLowerCase(),
    emailFallback:
      options.useEmailPrefixSuffix === true
        ? { attribute: prefixAttribute, suffix: (options.emailSuffix ?? "").trim() }
        : null,
    nameAttribute: (options.groupNameAttribute ?? preset.groupNameAttribute).toLowerCase(),
    memberAttribute,
    membersAreDns: memberAttribute === "member" || memberAttribute === "uniquemember",
    ownDomainOnly: options.preset === "ad",
    paged: options.pagedSearch,
  };
}

function requireOptions(options: LdapOptions): void {
  const { connection } = options;
  // RFC 4513 5.1.2: a bind with an empty password succeeds, anonymously.
  if (options.password === "") {
    throw invalidConfig(connection, "the password is empty", "Give the password of the sync account.");
  }
  if (options.username.trim() === "") {
    throw invalidConfig(connection, "the username is empty", "Give the DN (or UPN on AD) of the sync account.");
  }
  if (options.rootPath.trim() === "") {
    throw invalidConfig(connection, "rootPath is empty", "Give the suffix of the directory, e.g. dc=example,dc=com.");
  }
  if (options.useEmailPrefixSuffix === true && !(options.emailSuffix ?? "").includes("@")) {
    throw invalidConfig(
      connection,
      "useEmailPrefixSuffix needs an emailSuffix with an @",
      "Set emailSuffix, e.g. @example.com.",
    );
  }
}

/** Directory Connector cuts the root at its first `dc=`. */
function rootOf(rootPath: string): string {
  const lower = rootPath.trim().toLowerCase();
  const at = lower.search(/(?:^|,)\s*dc=/);
  return at < 0 ? lower : lower.slice(at).replace(/^,?\s*/, "");
}

/** Directory Connector puts the path in front of a root with `dc=`; without one the path stands alone. */
function baseOf(root: string, path: string): string {
  if (path.trim() === "") return root;
  const alone = !root.startsWith("dc=") || isUnder(canonicalDn(path), canonicalDn(root));
  return alone ? path.trim() : `${path.trim()},${root}`;
}

function scopeOf(options: LdapOptions, kind: "user" | "group", root: string, preset: PresetDefaults): Scope {
  const [path, objectClass, text] =
    kind === "user"
      ? [options.userPath ?? preset.userPath, options.userObjectClass ?? preset.userObjectClass, options.userFilter]
      : [
          options.groupPath ?? preset.groupPath,
          options.groupObjectClass ?? preset.groupObjectClass,
          options.groupFilter,
        ];
  const base = baseOf(root, path);
  const ofClass = classFilter(objectClass, undefined);
  const description = `objectClass ${objectClass}${text === undefined || text.trim() === "" ? "" : ` and ${text.trim()}`}`;
  try {
    const filter = classFilter(objectClass, text);
    return { base, canonicalBase: canonicalDn(base), filter, ofClass, objectClass, description };
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw invalidConfig(
      options.connection,
      `${kind}Filter ${JSON.stringify(text)} is not an LDAP filter: ${reason}`,
      "Correct it; ldapsearch with the same filter must accept it.",
    );
  }
}

function searchRoots(root: string, bases: string[]): string[] {
  const roots = [root];
  for (const base of bases) {
    if (!roots.some((known) => isUnder(canonicalDn(base), canonicalDn(known)))) roots.push(base);
  }
  return roots;
}
