import { z } from "zod";
import type { SyncOptions } from "../../domain/options.ts";
import { textSchema } from "./values.ts";

function switchSchema(description: string) {
  return z.boolean().default(true).meta({ description });
}

function attributeSchema() {
  return z
    .string()
    .trim()
    .regex(/^[A-Za-z][A-Za-z0-9;-]{0,127}$/, "must be the name of an LDAP attribute or object class")
    .optional();
}

const ATTRIBUTE = { kind: "LDAP name", fallback: "by preset", scope: true } as const;

/** Keys that only an LDAP directory has, with Directory Connector's names. */
export const LDAP_SYNC_KEYS = {
  userPath: textSchema()
    .optional()
    .meta({ description: "Where users are, relative to `rootPath`.", fallback: "`rootPath`", scope: true }),
  groupPath: textSchema()
    .optional()
    .meta({ description: "Where groups are, relative to `rootPath`.", fallback: "`rootPath`", scope: true }),
  userObjectClass: attributeSchema().meta({ description: "The object class of users.", ...ATTRIBUTE }),
  groupObjectClass: attributeSchema().meta({ description: "The object class of groups.", ...ATTRIBUTE }),
  userEmailAttribute: attributeSchema().meta({ description: "The attribute with the e-mail address.", ...ATTRIBUTE }),
  groupNameAttribute: attributeSchema().meta({ description: "The attribute with the group's name.", ...ATTRIBUTE }),
  memberAttribute: attributeSchema().meta({ description: "The attribute with the group's members.", ...ATTRIBUTE }),
  useEmailPrefixSuffix: z.boolean().optional().meta({
    description: "Users without an e-mail address get `emailPrefixAttribute` + `emailSuffix`.",
    fallback: "false",
    scope: true,
  }),
  emailPrefixAttribute: attributeSchema().meta({ description: "The attribute in front of the suffix.", ...ATTRIBUTE }),
  emailSuffix: z
    .string()
    .trim()
    .regex(/^@[^\s@]+$/, "must begin with @, such as @example.com")
    .optional()
    .meta({ description: "What follows the prefix, such as @example.com.", scope: true }),
};

export const syncSchema = z
  .strictObject({
    users: switchSchema("Read users.").meta({ scope: true }),
    groups: switchSchema("Read groups and who is in them.").meta({ scope: true }),
    userFilter: textSchema().optional().meta({
      description:
        "Which users take part. Okta: `include:a@x.com,b@x.com` or `exclude:…`, then optionally `|` and an Okta filter. LDAP: an LDAP filter in parentheses.",
      fallback: "all",
      scope: true,
    }),
    groupFilter: textSchema()
      .optional()
      .meta({ description: "Which groups take part, in the same way, by name.", fallback: "all", scope: true }),
    removeDisabled: switchSchema("A disabled person is a leaver. Disabled people are never invited."),
    leaver: z.enum(["revoke", "remove", "report"]).default("revoke").meta({
      description: "What happens to a member who left the directory. Revoking can be undone, removing cannot.",
    }),
    scopeExit: z
      .enum(["revoke", "remove", "report"])
      .default("revoke")
      .meta({ description: "What happens to a member whom the filters and paths no longer match." }),
    inviteUsersAfterProvisioning: switchSchema(
      "Send invitations. Off: members are staged without mail, where the server can.",
    ),
    groupDeletion: z
      .enum(["report", "empty", "delete"])
      .default("report")
      .meta({ description: "What happens to a Bitwarden group whose directory group is gone." }),
    largeImport: switchSchema("Allow more than 2,000 users or groups (they are sent in batches)."),
    ...LDAP_SYNC_KEYS,
  })
  .prefault({})
  .meta({ description: "What is read and what follows from it." }) satisfies z.ZodType<SyncOptions>;
