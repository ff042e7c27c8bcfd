import { z } from "zod";
import { secretSchema } from "../secrets/secret.ts";
import { urlSchema } from "./values.ts";

function orgUrlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return undefined;
  if (/-admin\.(okta|oktapreview|okta-emea)\.com$/i.test(url.hostname)) {
    return "is the address of Okta's admin console: leave out -admin";
  }
  return url.pathname === "/" ? undefined : "must be the address alone, without a path";
}

export const oktaSchema = z.strictObject({
  type: z.literal("okta").meta({ description: "The kind of directory.", kind: "okta" }),
  orgUrl: urlSchema()
    .superRefine((text, context) => {
      const message = orgUrlProblem(text);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .meta({ description: "The Okta organization's address, such as https://example.okta.com.", scope: true }),
  token: secretSchema().meta({ description: "An API token of a read-only administrator (SSWS)." }),
});

/** An Okta organization. */
export type OktaDirectoryConfig = z.output<typeof oktaSchema>;
