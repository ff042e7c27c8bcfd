import { z } from "zod";
import { onlyUnknownKeys } from "../problems.ts";
import { secretSchema } from "../secrets/secret.ts";
import { isLoopback, pathSchema, textSchema } from "./values.ts";

function hostSchema() {
  return z
    .string()
    .trim()
    .regex(
      /^([A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45})$/,
      "must be a host name or an address, without ldap:// and without a port",
    );
}

function flagSchema(fallback: boolean) {
  return z.boolean().default(fallback);
}

const written = z.strictObject({
  type: z.literal("ldap").meta({ description: "The kind of directory.", kind: "ldap" }),
  preset: z.enum(["ad", "openldap", "389ds", "freeipa", "generic"]).meta({
    description: "The server's family: object classes, attributes, ids and the incremental poll follow from it.",
    scope: true,
  }),
  hostname: hostSchema().optional().meta({ description: "The server's host name, as in its certificate." }),
  hostnames: z.array(hostSchema()).min(1).optional().meta({
    description: "Instead of `hostname`: several servers, tried in this order.",
    kind: "list of host names",
    scope: true,
  }),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .meta({ description: "The server's port.", fallback: "636 with `ssl`, else 389" }),
  ssl: flagSchema(false).meta({ description: "LDAPS: TLS from the first byte." }),
  startTls: flagSchema(false).meta({
    description: "StartTLS on the plain port; with `ssl` too it wins, as in Directory Connector.",
  }),
  sslCaPath: pathSchema().optional().meta({ description: "PEM file of the certificate authority to trust for LDAPS." }),
  tlsCaPath: pathSchema().optional().meta({ description: "The same for StartTLS." }),
  sslCertPath: pathSchema().optional().meta({ description: "PEM file of a client certificate; with `sslKeyPath`." }),
  sslKeyPath: pathSchema().optional().meta({ description: "PEM file of the client certificate's key." }),
  sslAllowUnauthorized: flagSchema(false).meta({
    description: "Accept any certificate. The password is then open to whoever stands between: for trials only.",
  }),
  rootPath: textSchema().meta({
    description: "The DN below which everything is read, such as dc=example,dc=com.",
    scope: true,
  }),
  username: textSchema().meta({
    description: "The account that reads: a DN, on Active Directory also user@domain.",
    scope: true,
  }),
  password: secretSchema().meta({ description: "That account's password." }),
  pagedSearch: flagSchema(true).meta({ description: "Read in pages. Switch off only for servers that cannot." }),
});

type Written = z.output<typeof written>;

/** What one LDAP directory gets wrong across its keys: the key and the sentence. */
function problemsOf(ldap: Written): { key: keyof Written; message: string }[] {
  const problems: { key: keyof Written; message: string }[] = [];
  if ((ldap.hostname === undefined) === (ldap.hostnames === undefined)) {
    problems.push({ key: "hostname", message: "give either hostname or hostnames" });
  }
  const hosts = [...(ldap.hostnames ?? []), ...(ldap.hostname === undefined ? [] : [ldap.hostname])];
  if (!ldap.ssl && !ldap.startTls && !hosts.every(isLoopback)) {
    problems.push({
      key: "ssl",
      message: "must be true (or startTls: true): the password never crosses the network in clear, except to loopback",
    });
  }
  if ((ldap.sslCertPath === undefined) !== (ldap.sslKeyPath === undefined)) {
    const key = ldap.sslCertPath === undefined ? "sslCertPath" : "sslKeyPath";
    problems.push({ key, message: "is required: a client certificate needs both sslCertPath and sslKeyPath" });
  }
  return problems;
}

/** An LDAP server or several replicas of it. TLS: `startTls` wins over `ssl`; neither only to loopback. */
export interface LdapDirectoryConfig extends Omit<Written, "hostname" | "hostnames" | "port"> {
  hostnames: string[];
  port: number;
}

export const ldapSchema = z.codec(
  written.superRefine(
    (ldap, context) => {
      for (const { key, message } of problemsOf(ldap)) context.addIssue({ code: "custom", path: [key], message });
    },
    { when: onlyUnknownKeys },
  ),
  z.custom<LdapDirectoryConfig>(),
  {
    decode({ hostname, hostnames, port, ...ldap }) {
      const usualPort = ldap.ssl && !ldap.startTls ? 636 : 389;
      return { ...ldap, hostnames: hostnames ?? [hostname ?? ""], port: port ?? usualPort };
    },
    encode: (ldap) => ldap,
  },
);
