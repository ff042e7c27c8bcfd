import { badRule, crash } from "./answers.ts";
import type { BodyRule } from "./binding.ts";
import type { Fields } from "./fields.ts";
import { lowerCase } from "./model.ts";
import { listOf, looseText, modelOf } from "./shape.ts";

/** Cloud only, and only with `largeImport: false`. */
const MAX_SMALL_IMPORT = 2_000;

export const IMPORT_BODY: BodyRule = {
  shape: modelOf({
    groups: listOf(modelOf({ name: "text", externalId: "loose", memberExternalIds: "looseList" })),
    members: listOf(modelOf({ email: "text", externalId: "loose", deleted: "flag" })),
    overwriteExisting: "maybeFlag",
    largeImport: "flag",
    inviteUsersAfterProvisioning: "flag",
  }),
};

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

/** Null stands for what passes validation and makes the vendor's code throw once it is reached. */
export interface ImportModel {
  members: (ImportedMember | null)[];
  /** Null also for a group without `memberExternalIds`. */
  groups: (ImportedGroup | null)[];
  overwriteExisting: boolean;
  largeImport: boolean;
  inviteUsersAfterProvisioning: boolean;
}

/** Validates the whole payload; lists that are absent or null crash the vendor's code at once, so 500. */
export function readImport(fields: Fields): ImportModel {
  const groups = fields.list("groups")?.map((item, index) => readGroup(fields.child("groups", item, index)));
  const members = fields.list("members")?.map((item, index) => readMember(fields.child("members", item, index)));
  const overwriteExisting = fields.flag("overwriteExisting", { required: true }) ?? false;
  const largeImport = fields.flag("largeImport") ?? false;
  const inviteUsersAfterProvisioning = fields.flag("inviteUsersAfterProvisioning") ?? true;
  fields.finish();
  if (groups === undefined || members === undefined) throw crash();
  return { members, groups, overwriteExisting, largeImport, inviteUsersAfterProvisioning };
}

/** Items that were read, or the crash of one that is null. */
export function requireAll<T>(items: readonly (T | null)[]): T[] {
  return items.map((item) => {
    if (item === null) throw crash();
    return item;
  });
}

/** The cloud's limit. */
export function checkImportSize({ members, groups, largeImport }: ImportModel): void {
  if (largeImport) return;
  const isTooMuch =
    groups.length > MAX_SMALL_IMPORT ||
    requireAll(members).filter((member) => !member.deleted).length > MAX_SMALL_IMPORT;
  if (isTooMuch) throw badRule("You cannot import this much data at once.");
}

function readMember(fields: Fields | null): ImportedMember | null {
  if (fields === null) return null;
  const { errorCount } = fields;
  const deleted = fields.flag("deleted") ?? false;
  const email = fields.text("email", { max: 256 });
  if (email !== null && !isLenientEmail(email)) {
    fields.note("email", "The Email field is not a valid e-mail address.");
  }
  const externalId = fields.text("externalId", { required: true, max: 300 }) ?? "";
  // A rule over the whole item: it only runs when each field is in order.
  if (email === null && !deleted && fields.errorCount === errorCount) {
    fields.note("email", "Email is required for enabled members.");
  }
  return { email: lowerCase(email ?? ""), externalId, deleted };
}

function readGroup(fields: Fields | null): ImportedGroup | null {
  if (fields === null) return null;
  const name = fields.text("name", { required: true, max: 100 }) ?? "";
  const externalId = fields.text("externalId", { required: true, max: 300 }) ?? "";
  const ids = fields.raw("memberExternalIds") ?? null;
  if (ids === null) return null;
  // A single value counts as a list of one.
  return { name, externalId, memberExternalIds: [ids].flat().map((id) => looseText(id) ?? "") };
}

/** .NET's EmailAddressAttribute: exactly one @, neither first nor last, no line break. */
function isLenientEmail(email: string): boolean {
  const at = email.indexOf("@");
  return at > 0 && at < email.length - 1 && at === email.lastIndexOf("@") && !/[\r\n]/.test(email);
}
