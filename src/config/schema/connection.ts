import { z } from "zod";
import { cadenceSchema, timezoneSchema } from "./cadence.ts";
import { DIRECTORY_RULES, directorySchema, type DirectoryRules, type DirectoryType } from "./directory.ts";
import { onlyUnknownKeys, type Problem } from "../problems.ts";
import { secretSchema } from "../secrets/secret.ts";
import { syncSchema } from "./sync-options.ts";
import { headerSchema, nameSchema } from "./values.ts";

const scheduleSchema = z
  .strictObject({
    poll: cadenceSchema().prefault("5m").meta({ description: "How often changes are asked for (incremental)." }),
    reconcile: cadenceSchema()
      .prefault("0 3 * * *")
      .meta({ description: "When everything is read and compared (full)." }),
    timezone: timezoneSchema().default("UTC").meta({ description: "The time zone of cron expressions." }),
  })
  .prefault({})
  .meta({ description: "When the bridge looks by itself. Times are spread a little." });

const pushSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .meta({ description: "Accept event hooks.", fallback: "true in a `push` section, else false" }),
    header: headerSchema()
      .default("Authorization")
      .meta({ description: "The header in which the sender puts the secret." }),
    secrets: z.array(secretSchema()).max(8).default([]).meta({
      description: "Secrets that are accepted; two during a rotation.",
      kind: "list of secret references",
      secret: true,
    }),
  })
  .prefault({ enabled: false })
  .meta({ description: "Event hooks: changes arrive within seconds instead of at the next poll." });

const written = z.strictObject({
  name: nameSchema().meta({ description: "The connection's name: hook address, commands, logs, metrics." }),
  organization: nameSchema().meta({ description: "The name of the organization that it feeds." }),
  authoritative: z.boolean().default(false).meta({
    description:
      "When this directory says disabled or deleted, the person leaves at once, even if another directory of the organization still has them.",
  }),
  directory: directorySchema.meta({ description: "The directory that is read." }),
  sync: syncSchema,
  schedule: scheduleSchema,
  push: pushSchema,
});

/** What is wrong across the keys of one connection. */
function problemsAcross({ directory, sync, push }: z.output<typeof written>): Problem[] {
  const problems: Problem[] = [];
  const rules = DIRECTORY_RULES[directory.type];
  for (const key of ["userFilter", "groupFilter"] as const) {
    const filter = sync[key];
    const message = filter === undefined ? undefined : rules.filterProblem(filter);
    if (message !== undefined) problems.push({ path: ["sync", key], message });
  }
  if (sync.useEmailPrefixSuffix === true && sync.emailSuffix === undefined) {
    problems.push({ path: ["sync", "emailSuffix"], message: "is required with useEmailPrefixSuffix" });
  }
  if (push.enabled && !rules.hooks) {
    const message = `must be false: an ${directory.type} directory sends no event hooks`;
    problems.push({ path: ["push", "enabled"], message });
  } else if (push.enabled && push.secrets.length === 0) {
    problems.push({ path: ["push", "secrets"], message: "needs at least one secret while push is enabled" });
  }
  return [...problems, ...foreignKeys(directory.type, Object.keys(sync))];
}

/** Keys that only other directories have. */
function foreignKeys(type: DirectoryType, given: string[]): Problem[] {
  const all: [string, DirectoryRules][] = Object.entries(DIRECTORY_RULES);
  return given.flatMap((key) => {
    const owners = all.filter(([, { syncKeys }]) => syncKeys.includes(key)).map(([owner]) => owner);
    if (owners.length === 0 || owners.includes(type)) return [];
    return [{ path: ["sync", key], message: `is allowed only with a directory of type ${owners.join(" or ")}` }];
  });
}

export const connectionSchema = written.superRefine(
  (connection, context) => {
    for (const { path, message } of problemsAcross(connection)) {
      context.addIssue({ code: "custom", path: [...path], message });
    }
  },
  { when: onlyUnknownKeys },
);

export type ConnectionConfig = z.output<typeof connectionSchema>;
