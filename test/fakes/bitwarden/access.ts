import { badRule, crash, notFoundInside } from "./answers.ts";
import type { Fields } from "./fields.ts";
import type { Association, Permissions } from "./model.ts";
import { listOf, modelOf, type Shape } from "./shape.ts";
import type { World } from "./world.ts";

const PERMISSIONS = [
  "accessEventLogs",
  "accessImportExport",
  "accessReports",
  "createNewCollections",
  "editAnyCollection",
  "deleteAnyCollection",
  "manageGroups",
  "managePolicies",
  "manageSso",
  "manageUsers",
  "manageResetPassword",
  "manageScim",
  "manageAccessRules",
] as const;

export const PERMISSIONS_SHAPE = modelOf(
  Object.fromEntries(PERMISSIONS.map((name): [string, Shape] => [name, "flag"])),
);

export const ASSOCIATIONS_SHAPE = listOf(
  modelOf({ id: "maybeGuid", readOnly: "maybeFlag", hidePasswords: "maybeFlag", manage: "maybeFlag" }),
);

/** The thirteen booleans of a custom role; null when the property is absent or null. */
export function readPermissions(fields: Fields): Permissions | null {
  const given = fields.child("permissions", fields.raw("permissions"));
  if (given === null) return null;
  return Object.fromEntries(PERMISSIONS.map((name) => [name, given.flag(name) ?? false]));
}

export function noPermissions(): Permissions {
  return Object.fromEntries(PERMISSIONS.map((name) => [name, false]));
}

/** A list as it was sent, where an item may be null; null when the property is absent or null. */
export type SentAssociations = (Association | null)[] | null;

export function readAssociations(fields: Fields, name: string): SentAssociations {
  const values = fields.list(name);
  if (values === null) return null;
  return values.map((value, index) => {
    const item = fields.child(name, value, index);
    if (item === null) return null;
    return {
      id: item.guid("id") ?? "",
      readOnly: item.flag("readOnly", { required: true }) ?? false,
      hidePasswords: item.flag("hidePasswords") ?? false,
      manage: item.flag("manage") ?? false,
    };
  });
}

/** A null item passes validation and is dereferenced here. */
export function requireItems(sent: SentAssociations): Association[] | null {
  return sent?.map((item) => item ?? raise()) ?? null;
}

function raise(): never {
  throw crash();
}

/** The business rule on top of a well-formed list. */
export function checkAssociations(associations: readonly Association[] | null): void {
  for (const { manage, readOnly, hidePasswords } of associations ?? []) {
    if (manage && (readOnly || hidePasswords)) {
      throw badRule(
        "The Manage property is mutually exclusive and cannot be true while the ReadOnly or HidePasswords properties are also true.",
      );
    }
  }
}

/** Shared collections only: "My items" of a member is never shown. */
export function shownCollections(world: World, associations: readonly Association[]): Association[] {
  return associations.filter(({ id }) => world.collections.get(id)?.kind === "shared");
}

/**
 * The links a holder has after they were replaced by `wanted`: of a link it has already the last mention counts, a new
 * one that is mentioned twice crashes the vendor's code. By then the caller has stored everything else.
 */
export function replaceLinks(held: readonly Association[], wanted: readonly Association[]): Association[] {
  const heldIds = new Set(held.map(({ id }) => id));
  const links = new Map<string, Association>();
  for (const link of wanted) {
    if (links.has(link.id) && !heldIds.has(link.id)) throw crash();
    links.set(link.id, link);
  }
  return [...links.values()];
}

export function hasRepeated(ids: readonly string[]): boolean {
  return new Set(ids).size < ids.length;
}

export function requireKnown(known: { has(id: string): boolean }, ids: Iterable<string>): void {
  for (const id of ids) if (!known.has(id)) throw notFoundInside();
}
