import { badRule, crash } from "./answers.ts";
import type { Fields } from "./fields.ts";

/** Cloud only, and only with `largeImport: false`. */
const MAX_SMALL_IMPORT = 2_000;

export interface ImportedMember {
  /** Lower-cased; empty when a deleted item came without one. */
  email: string;
  externalId: string;
  deleted: boolean;
}

export interface ImportedGroup {
  name: string;
  externalId: string;
  memberExternalIds: string[];
}

export interface ImportModel {
  members: ImportedMember[];
  groups: ImportedGroup[];
  overwriteExisting: boolean;
  largeImport: boolean;
  inviteUsersAfterProvisioning: boolean;
}

/** Validates the whole payload; lists that are absent or null crash the vendor's code, so 500. */
export function readImport(fields: Fields): ImportModel {
  const groups = fields.list("groups");
  const members = fields.list("members");
  const overwriteExisting = fields.flag("overwriteExisting", { required: true }) ?? false;
  const largeImport = fields.flag("largeImport") ?? false;
  const inviteUsersAfterProvisioning = fields.flag("inviteUsersAfterProvisioning") ?? true;
  const readMembers = members?.map((item, index) => readMember(itemOf(fields, "members", item, index)));
  const readGroups = groups?.map((item, index) => readGroup(itemOf(fields, "groups", item, index)));
  fields.finish();
  if (readGroups === undefined || readMembers === undefined) throw crash();
  return {
    members: readMembers.map((member) => member ?? raise()),
    groups: readGroups.map((group) => group ?? raise()),
    overwriteExisting,
    largeImport,
    inviteUsersAfterProvisioning,
  };
}

export function checkImportSize(model: ImportModel): void {
  if (model.largeImport) return;
  const members = model.members.filter((member) => !member.deleted).length;
  if (model.groups.length > MAX_SMALL_IMPORT || members > MAX_SMALL_IMPORT) {
    throw badRule("You cannot import this much data at once.");
  }
}

function itemOf(fields: Fields, name: string, item: unknown, index: number): Fields | null {
  return item === null ? null : fields.child(name, item, index);
}

/** A null item passes validation and is dereferenced later. */
function raise(): never {
  throw crash();
}

function readMember(fields: Fields | null): ImportedMember | null {
  if (fields === null) return null;
  const deleted = fields.flag("deleted") ?? false;
  const externalId = fields.text("externalId", { required: true, max: 300, loose: true }) ?? "";
  const email = fields.text("email", { max: 256 });
  if (email !== null && !isLenientEmail(email)) {
    fields.note("email", "The Email field is not a valid e-mail address.");
  }
  if ((email === null || email.trim() === "") && !deleted) {
    fields.note("email", "Email is required for enabled members.");
  }
  return { email: (email ?? "").toLowerCase(), externalId, deleted };
}

function readGroup(fields: Fields | null): ImportedGroup | null {
  if (fields === null) return null;
  const name = fields.text("name", { required: true, max: 100 }) ?? "";
  const externalId = fields.text("externalId", { required: true, max: 300, loose: true }) ?? "";
  const memberExternalIds = readIds(fields);
  return memberExternalIds === null ? null : { name, externalId, memberExternalIds };
}

/** Numbers and booleans are stringified, a single value counts as a list of one. Null when absent or null. */
function readIds(fields: Fields): string[] | null {
  const value = fields.raw("memberExternalIds");
  if (value === undefined || value === null) return null;
  const ids: string[] = [];
  for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
    if (typeof item === "string") ids.push(item);
    else if (typeof item === "number" || typeof item === "boolean") ids.push(String(item));
    else if (item !== null) throw fields.unbound("memberExternalIds", "System.String");
  }
  return ids;
}

/** .NET's EmailAddressAttribute: exactly one @, neither first nor last, no line break. */
function isLenientEmail(email: string): boolean {
  const at = email.indexOf("@");
  return at > 0 && at < email.length - 1 && at === email.lastIndexOf("@") && !/[\r\n]/.test(email);
}
