import { z } from "zod";

import type { Group, Member } from "../domain/bitwarden.ts";

/**
 * What the Public API answers. Tolerant where a newer server may say more (unknown properties, types
 * and statuses pass), strict where less would be dangerous.
 */

const guid = z.guid();
/** Bitwarden itself treats a blank external id as none. */
const externalId = z
  .string()
  .nullish()
  .transform((text) => (text === undefined || text === null || text.trim() === "" ? null : text));

export const memberSchema = z.object({
  id: guid,
  email: z
    .string()
    .nullish()
    .transform((email) => email ?? ""),
  externalId,
  status: z.number(),
  type: z.number(),
}) satisfies z.ZodType<Member>;

export const groupSchema = z.object({ id: guid, name: z.string(), externalId }) satisfies z.ZodType<Group>;

/** Lists come whole. One that says there is more would make the rest look gone, so it does not pass. */
function listOf<T extends z.ZodType>(item: T) {
  return z.object({ data: z.array(item), continuationToken: z.null().optional() });
}

export const memberListSchema = listOf(memberSchema);
export const groupListSchema = listOf(groupSchema);
export const idsSchema = z.array(guid);

/**
 * What must be written back so that a member update wipes nothing. `collections` is required: a
 * server that left them out here would lose them in the PUT.
 */
export const memberAccessSchema = z.object({
  type: z.number(),
  permissions: z.record(z.string(), z.unknown()).nullish(),
  collections: z.array(
    z.object({
      id: guid,
      readOnly: z.boolean(),
      hidePasswords: z.boolean().optional(),
      manage: z.boolean().optional(),
    }),
  ),
});

export const tokenSchema = z.object({
  // Goes into a header: printable, no spaces, bounded.
  access_token: z.string().regex(/^[\x21-\x7e]{1,16384}$/),
  expires_in: z.number().positive(),
});

export const tokenErrorSchema = z.object({
  error: z.string().optional(),
  /** Vaultwarden's form; it has no `invalid_client`. */
  message: z.string().optional(),
});

export const configSchema = z.object({
  version: z.string(),
  server: z.object({ name: z.string() }).nullish(),
  featureStates: z.record(z.string(), z.unknown()).nullish(),
});

/** `message` and `errors` of a refused request; `errors` is keyed by the path of the value. */
export const errorBodySchema = z.object({
  object: z.literal("error"),
  message: z.string().nullish(),
  errors: z.record(z.string(), z.array(z.string())).nullish(),
});
