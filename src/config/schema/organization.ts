import { z } from "zod";
import type { GuardLimits } from "../../domain/options.ts";
import { bitwardenSchema } from "./bitwarden.ts";
import { emailSchema, nameSchema } from "./values.ts";

function maxSchema(fallback: number, what: string) {
  return z
    .int()
    .min(0)
    .default(fallback)
    .meta({ description: `Most ${what} in 24 hours (three times that in 7 days).` });
}

function percentSchema(fallback: number, of: string) {
  return z
    .number()
    .min(0)
    .max(100)
    .default(fallback)
    .meta({
      description: `The same as a percentage of ${of}. Never counts below 3; 100 with a high \`max\` is off.`,
      kind: "percent",
    });
}

const guardSchema = z
  .strictObject({
    members: z
      .strictObject({ max: maxSchema(25, "members leaving"), percent: percentSchema(5, "the managed members") })
      .prefault({}),
    memberships: z
      .strictObject({
        max: maxSchema(200, "group memberships lost"),
        percent: percentSchema(10, "the managed memberships"),
        percentOfGroup: percentSchema(50, "the members of any one group"),
      })
      .prefault({}),
    groups: z
      .strictObject({ max: maxSchema(2, "groups deleted"), percent: percentSchema(5, "the managed groups") })
      .prefault({}),
    invitations: z
      .strictObject({ max: maxSchema(50, "invitations sent"), percent: percentSchema(10, "the managed members") })
      .prefault({}),
  })
  .prefault({})
  .meta({
    description: "What would pass a limit is held, that kind as a whole, until a person approves or rejects it.",
  }) satisfies z.ZodType<GuardLimits>;

export const organizationSchema = z.strictObject({
  name: nameSchema().meta({ description: "The organization's name in this bridge: commands, logs, metrics." }),
  bitwarden: bitwardenSchema.meta({ description: "The Bitwarden organization that is written to." }),
  mode: z
    .enum(["sync", "observe"])
    .default("sync")
    .meta({ description: "`observe` plans and writes the journal, and never writes to Bitwarden." }),
  firstRun: z
    .enum(["hold", "apply"])
    .default("hold")
    .meta({ description: "`hold`: the first plan waits until a person has approved it." }),
  protected: z.array(emailSchema()).default([]).meta({
    description: "E-mail addresses that are never revoked, removed or re-roled.",
    kind: "list of e-mail addresses",
  }),
  guard: guardSchema,
});

export type OrganizationConfig = z.output<typeof organizationSchema>;
