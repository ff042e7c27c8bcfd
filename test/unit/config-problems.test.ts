import { describe, expect, test } from "vitest";
import { complaint } from "./fixtures/complaint.ts";
import { ldapConnection, oktaConnection, organization, withPath } from "./fixtures/config.ts";

const okta = { organizations: [organization()], connections: [oktaConnection()] };
const ldap = { organizations: [organization()], connections: [ldapConnection()] };

/** A key, a value that is put there, and the one sentence that must come of it. */
const OKTA_CASES: [key: string, value: unknown, sentence: string][] = [
  ["listen.hooks", "8080", "must be host:port, such as 127.0.0.1:8081 or [::1]:8081"],
  ["listen.hooks", "a:70000", "must be host:port, such as 127.0.0.1:8081 or [::1]:8081"],
  ["publicUrl", "bridge", "must be a URL such as https://vault.example.com"],
  ["publicUrl", "http://bridge.example.com", "must be an https URL (http only to loopback)"],
  ["publicUrl", "https://user:pass@x.example.com", "must not contain a user name or password"],
  ["publicUrl", "https://x.example.com/?a", "must not contain a query or a fragment"],
  ["trustProxy", true, "must be a number, not true or false"],
  ["trustProxy", 1.5, "must be a whole number, not a number"],
  ["trustProxy", -1, "must be at least 0"],
  ["trustProxy", 17, "must be at most 16"],
  ["log.level", "inof", "must be one of trace, debug, info, warn, error, fatal, silent; did you mean `info`?"],
  ["store.postgres", { env: "DATABASE_URL" }, "is not available in this version"],
  ["store.sqlite", "", "must not be empty"],
  ["organizations[0].mode", "dry", "must be one of sync, observe"],
  ["organizations[0].protected", "a@b.c", "must be a list, not a string"],
  ["organizations[0].protected[0]", "root", "must be an e-mail address"],
  ["organizations[0].guard.members.percent", 101, "must be at most 100"],
  ["organizations[0].guard.member", {}, "unknown key; did you mean `members`?"],
  [
    "organizations[0].bitwarden.region",
    undefined,
    "name the server in exactly one way: region, serverUrl, or apiUrl and identityUrl",
  ],
  ["organizations[0].bitwarden.clientId", undefined, "is required"],
  [
    "organizations[0].bitwarden.clientId",
    "user.1",
    "must be the organization's API key id: organization.<guid> (a personal key, user.<guid>, cannot be used)",
  ],
  ["organizations[0].bitwarden.pace.writesPerSecond", "fast", "must be a whole number of at least 1, or unlimited"],
  ["organizations[0].bitwarden.pace.writesPerSecond", 0, "must be at least 1"],
  ["connections[0].colour", "red", "unknown key"],
  ["connections[0].organization", "acne", "names no organization of this file; did you mean `acme`?"],
  ["connections[0].directory", "okta", "must be a section with keys, not a string"],
  ["connections[0].directory.type", undefined, "is required: one of okta, ldap"],
  ["connections[0].directory.type", "entra", "is not available in this version (okta and ldap are)"],
  ["connections[0].directory.type", "google", "is not available in this version (okta and ldap are)"],
  ["connections[0].directory.type", "onelogin", "is not available in this version (okta and ldap are)"],
  ["connections[0].sync.revisionDateAttribute", "modifyTimestamp", "is not available in this version"],
  ["connections[0].directory.type", "ldpa", "must be one of okta, ldap; did you mean `ldap`?"],
  ["connections[0].directory.orgURL", "https://x.okta.com", "unknown key; did you mean `orgUrl`?"],
  ["connections[0].directory.orgUrl", "http://example.okta.com", "must be an https URL (http only to loopback)"],
  [
    "connections[0].directory.orgUrl",
    "https://example-admin.okta.com",
    "is the address of Okta's admin console: leave out -admin",
  ],
  ["connections[0].directory.orgUrl", "https://example.okta.com/api", "must be the address alone, without a path"],
  ["connections[0].directory.token", undefined, "is required"],
  [
    "connections[0].directory.token",
    "hunter2",
    "must be a reference: { file: /run/secrets/name } or { env: NAME }, never the secret itself",
  ],
  [
    "connections[0].directory.token",
    { hunter2: null },
    "must be a reference: { file: /run/secrets/name } or { env: NAME }, never the secret itself",
  ],
  [
    "connections[0].directory.token",
    { secret: "okta" },
    "must be a reference: { file: /run/secrets/name } or { env: NAME } ({ secret: … }, the built-in secret store, is not available in this version)",
  ],
  [
    "connections[0].directory.token",
    { env: "A", file: "b" },
    "must be a reference: { file: /run/secrets/name } or { env: NAME }, exactly one of the two",
  ],
  ["connections[0].push.secrets[0].env", "A B", "must be the name of an environment variable"],
  [
    "connections[0].sync.userFilter",
    "exclud:a@b.c",
    "the filter has the unknown keyword `exclud`. Did you mean `exclude:`?",
  ],
  ["connections[0].sync.userFilter", "a\nb", "must be one line without control characters"],
  ["connections[0].sync.userPath", "ou=x", "is allowed only with a directory of type ldap"],
  ["connections[0].schedule.poll", 5, "must be a duration such as 5m, off, or a cron expression of five fields"],
  [
    "connections[0].schedule.poll",
    "5 minutes",
    "must be a duration such as 5m, off, or a cron expression of five fields",
  ],
  ["connections[0].schedule.poll", "8d", "must be from 1s to 7d"],
  ["connections[0].schedule.reconcile", "0 24 * * *", "has a wrong hour in its cron expression (field 2: 0 to 23)"],
  ["connections[0].schedule.reconcile", "0 3 31 2 *", "is a cron expression for a day that never comes"],
  ["connections[0].schedule.timezone", "Mars/Base", "must be a time zone such as UTC or Europe/Berlin"],
  ["connections[0].push.header", "X Secret", "must be the name of an HTTP header"],
  ["connections[0].push.secrets", [], "needs at least one secret while push is enabled"],
];

const LDAP_CASES: typeof OKTA_CASES = [
  [
    "connections[0].directory.preset",
    "openlap",
    "must be one of ad, openldap, 389ds, freeipa, generic; did you mean `openldap`?",
  ],
  ["connections[0].directory.preset", undefined, "is required"],
  ["connections[0].directory.hostname", undefined, "give either hostname or hostnames"],
  [
    "connections[0].directory.hostname",
    "ldap://x",
    "must be a host name or an address, without ldap:// and without a port",
  ],
  [
    "connections[0].directory.ssl",
    false,
    "must be true (or startTls: true): the password never crosses the network in clear, except to loopback",
  ],
  [
    "connections[0].directory.sslCertPath",
    undefined,
    "is required: a client certificate needs both sslCertPath and sslKeyPath",
  ],
  [
    "connections[0].directory.sslKeyPath",
    undefined,
    "is required: a client certificate needs both sslCertPath and sslKeyPath",
  ],
  ["connections[0].sync.memberAttribute", "member of", "must be the name of an LDAP attribute or object class"],
  ["connections[0].sync.emailSuffix", undefined, "is required with useEmailPrefixSuffix"],
  ["connections[0].sync.emailSuffix", "example.com", "must begin with @, such as @example.com"],
  [
    "connections[0].sync.userFilter",
    "memberOf=cn=x",
    "must be an LDAP filter in parentheses, such as (memberOf=cn=staff,dc=example,dc=com)",
  ],
  ["connections[0].sync.userFilter", "(a=b)(c=d)", "must be one LDAP filter: join several with (&…) or (|…)"],
  ["connections[0].sync.userFilter", "(a=b", "has a parenthesis that is not closed"],
  ["connections[0].push.enabled", true, "must be false: an ldap directory sends no event hooks"],
];

describe("each mistake gets one sentence that names its key", () => {
  test.each(OKTA_CASES)("okta: %s = %j", (key, value, sentence) => {
    expect(complaint(withPath(okta, key, value))).toBe(`/etc/bridge.yaml has 1 problem:\n  ${key}: ${sentence}`);
  });

  test.each(LDAP_CASES)("ldap: %s = %j", (key, value, sentence) => {
    expect(complaint(withPath(ldap, key, value))).toBe(`/etc/bridge.yaml has 1 problem:\n  ${key}: ${sentence}`);
  });
});
