import { lowerCase } from "./model.ts";
import type { World } from "./world.ts";

export type DialectName = "bitwarden-mssql" | "bitwarden-ef" | "vaultwarden";

/** Where the implementations of the server differ. */
export interface Dialect {
  name: DialectName;
  /** Whether an invitation of this e-mail, as it was sent, finds it in the organization. */
  knowsEmail: (world: World, email: string) => boolean;
  /** Whether a PUT of group-ids without a list takes the member out of all groups; otherwise it crashes. */
  emptiesWithoutGroupIds: boolean;
}

/** The cloud, and self-hosts on SQL Server: case-insensitive. */
const MSSQL: Dialect = {
  name: "bitwarden-mssql",
  knowsEmail: (world, email) => world.membersByEmail.has(lowerCase(email)),
  emptiesWithoutGroupIds: true,
};

/**
 * PostgreSQL, MySQL, SQLite: the look-up joins the account table and compares in memory. So merely invited people are not
 * seen, nor is an account whose e-mail is spelled otherwise: both get a second membership.
 */
const ENTITY_FRAMEWORK: Dialect = {
  name: "bitwarden-ef",
  knowsEmail(world, email) {
    for (const { account } of world.membersByEmail.all(lowerCase(email))) if (account?.email === email) return true;
    return false;
  },
  emptiesWithoutGroupIds: false,
};

/** Throws for a dialect that is not emulated, so that no test silently runs against the wrong one. */
export function dialectNamed(name: DialectName): Dialect {
  switch (name) {
    case "bitwarden-mssql":
      return MSSQL;
    case "bitwarden-ef":
      return ENTITY_FRAMEWORK;
    case "vaultwarden":
      throw new Error("The dialect vaultwarden is not emulated yet; use bitwarden-mssql or bitwarden-ef.");
  }
}
