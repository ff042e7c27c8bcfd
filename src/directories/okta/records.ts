/** What the bridge uses of Okta's records, checked before use; unknown fields and unknown statuses are tolerated. */
import { z } from "zod";
import { BridgeError } from "../../domain/errors.ts";

/** Okta ids look like 00u… and 00g…; nothing else may become part of a path or a filter. */
const ID = /^[A-Za-z0-9]{10,40}$/;
const idSchema = z.string().regex(ID);

export const userSchema = z.object({
  id: idSchema,
  status: z.string(),
  transitioningToStatus: z.string().nullish(),
  // A custom profile may hold anything under these names; whoever has no address is named in a notice.
  profile: z.object({ email: z.string().nullish().catch(null), login: z.string().nullish().catch(null) }),
});
export type OktaUser = z.infer<typeof userSchema>;

export const groupSchema = z.object({ id: idSchema, profile: z.object({ name: z.string() }) });
export type OktaGroup = z.infer<typeof groupSchema>;

/** The id of a record that is otherwise not understood; null: it cannot even be named. */
export function idOf(record: unknown): string | null {
  const parsed = z.object({ id: idSchema }).safeParse(record);
  return parsed.success ? parsed.data.id : null;
}

/** Throws DIRECTORY_UNREADABLE unless `key` is shaped like an Okta id. */
export function checkKey(key: string, subject: string): void {
  if (ID.test(key)) return;
  throw new BridgeError({
    code: "DIRECTORY_UNREADABLE",
    side: "directory",
    message: "not an Okta id",
    remedy: "Nothing was read: an Okta id has 10 to 40 letters and digits. Check where this hint came from.",
    retry: "never",
    subject,
  });
}

/**
 * Deactivation is asynchronous: while it runs, `status` is still the old one and `transitioningToStatus` is set
 * (https://developer.okta.com/docs/api/openapi/okta-management/management/tag/UserLifecycle/).
 */
export function isDeprovisioned(user: OktaUser): boolean {
  return user.status === "DEPROVISIONED" || user.transitioningToStatus === "DEPROVISIONED";
}
