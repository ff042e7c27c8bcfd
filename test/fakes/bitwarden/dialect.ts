import { shownEmail } from "./model.ts";
import type { World } from "./world.ts";

export type DialectName = "bitwarden-mssql" | "bitwarden-ef" | "vaultwarden";

/** Where the implementations of the server differ. */
export interface Dialect {
  name: DialectName;
  /** Whether an invitation finds this e-mail (lower-cased) in the organization. */
  knowsEmail(world: World, email: string): boolean;
}

/** The cloud: SQL Server, case-insensitive. */
const MSSQL: Dialect = {
  name: "bitwarden-mssql",
  knowsEmail: (world, email) => world.membersByEmail.has(email),
};

/** PostgreSQL, MySQL, SQLite: the look-up joins the account table, so merely invited people are not seen. */
const ENTITY_FRAMEWORK: Dialect = {
  name: "bitwarden-ef",
  knowsEmail(world, email) {
    for (const member of world.membersByEmail.all(email)) {
      if (member.account !== null && shownEmail(member).toLowerCase() === email) return true;
    }
    return false;
  },
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
