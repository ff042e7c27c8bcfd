export type LdapPreset = "ad" | "openldap" | "389ds" | "freeipa" | "generic";

/** What a kind of server usually looks like; every field but the key can be overridden by configuration. */
export interface PresetDefaults {
  /** Immutable ids, in the order of preference. One that the base entry has is used for the whole directory. */
  keyAttributes: readonly [string, ...string[]];
  /** Bitwarden external id: Directory Connector knows objectGUID, and uses the DN everywhere else. */
  externalId: "objectGUID" | "dn";
  /** Bit 2 of userAccountControl means disabled. */
  accountControl: boolean;
  userPath: string;
  groupPath: string;
  userObjectClass: string;
  groupObjectClass: string;
  userEmailAttribute: string;
  groupNameAttribute: string;
  memberAttribute: string;
  emailPrefixAttribute: string;
}

const INETORG = {
  externalId: "dn",
  accountControl: false,
  userPath: "",
  groupPath: "",
  userObjectClass: "inetOrgPerson",
  groupObjectClass: "groupOfNames",
  userEmailAttribute: "mail",
  groupNameAttribute: "cn",
  memberAttribute: "member",
  emailPrefixAttribute: "uid",
} as const;

/** The AD row is what Directory Connector forces in its AD mode. */
export const PRESETS = {
  ad: {
    keyAttributes: ["objectGUID"],
    externalId: "objectGUID",
    accountControl: true,
    userPath: "CN=Users",
    groupPath: "CN=Users",
    userObjectClass: "person",
    groupObjectClass: "group",
    userEmailAttribute: "mail",
    groupNameAttribute: "name",
    memberAttribute: "member",
    emailPrefixAttribute: "sAMAccountName",
  },
  openldap: { ...INETORG, keyAttributes: ["entryUUID"] },
  // nsUniqueId is on every entry; entryUUID only on those made since the plug-in was switched on.
  "389ds": { ...INETORG, keyAttributes: ["nsUniqueId"] },
  freeipa: {
    ...INETORG,
    keyAttributes: ["nsUniqueId"],
    userPath: "cn=users,cn=accounts",
    groupPath: "cn=groups,cn=accounts",
    groupObjectClass: "ipaUserGroup",
  },
  generic: { ...INETORG, keyAttributes: ["entryUUID", "nsUniqueId", "ipaUniqueID"] },
} as const satisfies Record<LdapPreset, PresetDefaults>;

/** Group classes whose members are not in `member`. */
export const MEMBER_ATTRIBUTE_OF_CLASS: Readonly<Record<string, string>> = {
  posixgroup: "memberUid",
  groupofuniquenames: "uniqueMember",
};
