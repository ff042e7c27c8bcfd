/**
 * Writes a made-up company (company.ts) as LDIF for slapadd.
 *
 *   node generate-ldif.ts --users 1000 --groups 50 [--nested] [--seed 1] [--base dc=example,dc=test]
 *                         [--service-password secret] [--referral] [--no-memberof] --out FILE
 *
 * Layout:  ou=people   inetOrgPerson (uid=…; every 97th has a CN RDN with an escaped comma)
 *          ou=groups   groupOfNames  (member = DN)
 *          ou=posix    posixGroup    (memberUid = uid)
 *          ou=services cn=sync, a read account that obeys the size limits (unlike the rootdn)
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { makeCompany } from "./company.ts";

const { values: options } = parseArgs({
  options: {
    users: { type: "string", default: "1000" },
    groups: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    base: { type: "string", default: "dc=example,dc=test" },
    "service-password": { type: "string", default: "sync-secret" },
    nested: { type: "boolean", default: false },
    referral: { type: "boolean", default: false },
    "no-memberof": { type: "boolean", default: false },
    out: { type: "string", default: "/dev/stdout" },
  },
});

const file = openSync(options.out, "w");
let pending = "";

function flush(): void {
  writeSync(file, pending);
  pending = "";
}

function line(attribute: string, value: string): void {
  const plain = /^(?![ :<])[\x20-\x7e]*$/.test(value) && !value.endsWith(" ");
  pending += plain ? `${attribute}: ${value}\n` : `${attribute}:: ${Buffer.from(value).toString("base64")}\n`;
}

function entry(dn: string, entryUUID: string, attributes: Record<string, string | string[] | undefined>): void {
  line("dn", dn);
  for (const [attribute, value] of Object.entries(attributes)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) line(attribute, one);
  }
  line("entryUUID", entryUUID);
  pending += "\n";
  if (pending.length > 1 << 16) flush();
}

const { base, nested } = options;
const company = makeCompany({
  users: Number(options.users),
  groups: Number(options.groups),
  seed: Number(options.seed),
  nested,
  base,
});

function memberOf(dns: string[]): string[] {
  return options["no-memberof"] ? [] : dns;
}

const [rootAttribute = "dc", rootValue = ""] = base.split(",", 1).join("").split("=");
entry(base, company.uuidOf("root"), {
  objectClass: ["top", "dcObject", "organization"],
  [rootAttribute]: rootValue,
  o: "Example",
});
for (const ou of ["people", "groups", "posix", "services"]) {
  entry(`ou=${ou},${base}`, company.uuidOf(`ou/${ou}`), { objectClass: "organizationalUnit", ou });
}
entry(`cn=sync,ou=services,${base}`, company.uuidOf("service"), {
  objectClass: ["applicationProcess", "simpleSecurityObject"],
  cn: "sync",
  userPassword: options["service-password"],
});
if (options.referral) {
  entry(`ou=elsewhere,${base}`, company.uuidOf("referral"), {
    objectClass: ["referral", "extensibleObject"],
    ou: "elsewhere",
    ref: `ldap://127.0.0.1:9/ou=elsewhere,${base}`,
  });
}
for (const person of company.people) {
  entry(person.dn, person.uuid, {
    objectClass: ["top", "person", "organizationalPerson", "inetOrgPerson"],
    uid: person.uid,
    cn: person.cn,
    givenName: person.given,
    sn: person.sn,
    displayName: `${person.given} ${person.sn}`,
    mail: person.mail,
    employeeType: person.type,
    departmentNumber: person.department,
    memberOf: memberOf(person.memberOf),
  });
}
for (const group of company.groups) {
  entry(group.dn, group.uuid, {
    objectClass: ["top", "groupOfNames"],
    cn: group.cn,
    description: `Made-up group ${group.cn}`,
    member: group.members,
    memberOf: memberOf(group.memberOf),
  });
}
for (const group of company.posix) {
  entry(group.dn, group.uuid, {
    objectClass: ["top", "posixGroup"],
    cn: group.cn,
    gidNumber: String(group.gid),
    memberUid: group.uids,
  });
}
flush();
closeSync(file);
