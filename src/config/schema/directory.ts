import { z } from "zod";
import { ldapFilterProblem, scopeFilterProblem } from "./filter.ts";
import { ldapSchema } from "./ldap.ts";
import { oktaSchema } from "./okta.ts";
import { LDAP_SYNC_KEYS } from "./sync-options.ts";

/** Every kind of directory that can be configured; `src/directories/README.md` says how to add one. */
export const directorySchema = z.discriminatedUnion("type", [oktaSchema, ldapSchema]);

export type DirectoryConfig = z.output<typeof directorySchema>;
export type DirectoryType = DirectoryConfig["type"];

/** What the keys beside `directory` may hold, by its type. */
export interface DirectoryRules {
  /** Why a text cannot be `userFilter` or `groupFilter`; undefined when it can. */
  filterProblem(filter: string): string | undefined;
  /** The keys of `sync` that other directories do not have. */
  syncKeys: readonly string[];
  /** It sends event hooks, so `push` may be enabled. */
  hooks: boolean;
}

/** The other half of this table, which reads and receives, is in `app/directories.ts`: the configuration opens nothing. */
export const DIRECTORY_RULES = {
  okta: { filterProblem: scopeFilterProblem, syncKeys: [], hooks: true },
  ldap: { filterProblem: ldapFilterProblem, syncKeys: Object.keys(LDAP_SYNC_KEYS), hooks: false },
} satisfies Record<DirectoryType, DirectoryRules>;
