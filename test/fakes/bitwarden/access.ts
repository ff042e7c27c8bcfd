import { badRule, notFoundInside } from "./answers.ts";
import type { Fields } from "./fields.ts";
import type { Association, Permissions } from "./model.ts";
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

/** The thirteen booleans of a custom role; null when the property is absent. */
export function readPermissions(fields: Fields): Permissions | null {
  const value = fields.raw("permissions");
  if (value === undefined || value === null) return null;
  const given = fields.child("permissions", value);
  return Object.fromEntries(PERMISSIONS.map((name) => [name, given.flag(name) ?? false]));
}

export function noPermissions(): Permissions {
  return Object.fromEntries(PERMISSIONS.map((name) => [name, false]));
}

/** A list of associations; null when the property is absent or null. */
export function readAssociations(fields: Fields, name: string): Association[] | null {
  const values = fields.list(name);
  if (values === null) return null;
  return values.map((value, index) => {
    const item = fields.child(name, value, index);
    return {
      id: item.guid("id") ?? "",
      readOnly: item.flag("readOnly", { required: true }) ?? false,
      hidePasswords: item.flag("hidePasswords") ?? false,
      manage: item.flag("manage") ?? false,
    };
  });
}

/** The business rule on top of a well-formed list; checked after model validation. */
export function checkAssociations(associations: readonly Association[] | null): void {
  for (const { manage, readOnly, hidePasswords } of associations ?? []) {
    if (manage && (readOnly || hidePasswords)) {
      throw badRule(
        "The Manage property is mutually exclusive and cannot be true while the ReadOnly or HidePasswords properties are also true.",
      );
    }
  }
}

/** Shared collections only: "My items" is never shown. */
export function shownCollections(world: World, associations: readonly Association[]): Association[] {
  return associations.filter(({ id }) => world.collections.get(id)?.kind === "shared");
}

/** What a holder has after its shared collections were replaced by `wanted`: "My items" stays. */
export function withCollections(world: World, held: readonly Association[], wanted: Association[]): Association[] {
  return [...held.filter(({ id }) => world.collections.get(id)?.kind === "my-items"), ...wanted];
}

export function requireKnown(known: { has(id: string): boolean }, ids: Iterable<string>): void {
  for (const id of ids) if (!known.has(id)) throw notFoundInside();
}
