import { z } from "zod";
import { REGIONS, resolveServer, serverProblem, type BitwardenUrls } from "./bitwarden-host.ts";
import { onlyUnknownKeys } from "../problems.ts";
import { secretSchema } from "../secrets/secret.ts";
import { pathSchema, urlSchema } from "./values.ts";

/** The most requests that may start in a window; `Infinity` means no limit. */
export interface Pace {
  writesPerSecond: number;
  writesPerMinute: number;
  readsPerMinute: number;
}

/**
 * A little under the cloud's limits, counted per client address: writes 5 a second and 60 a minute, reads 200 a minute
 * (IpRateLimitOptions in src/Api/appsettings.json of https://github.com/bitwarden/server, 2026.8).
 */
export const CLOUD_PACE: Pace = { writesPerSecond: 4, writesPerMinute: 50, readsPerMinute: 150 };
/** Self-hosted servers install no limiter (same source: src/Api/Startup.cs). */
const SELF_HOSTED_PACE: Pace = { writesPerSecond: Infinity, writesPerMinute: Infinity, readsPerMinute: Infinity };

function rateSchema(meaning: string, cloudDefault: number) {
  const error = "must be a whole number of at least 1, or unlimited";
  return z
    .codec(z.union([z.int().min(1), z.literal("unlimited")], { error }), z.custom<number>(), {
      decode: (rate) => (rate === "unlimited" ? Infinity : rate),
      encode: (rate) => (rate === Infinity ? "unlimited" : rate),
    })
    .optional()
    .meta({
      description: `${meaning}; shared by all organizations on the same host.`,
      kind: "number or unlimited",
      fallback: `${cloudDefault} in the cloud, else unlimited`,
    });
}

const written = z
  .strictObject({
    region: z.enum(REGIONS).optional().meta({ description: "The Bitwarden cloud that holds the organization." }),
    serverUrl: urlSchema().optional().meta({
      description:
        "The web vault's address instead of `region`: self-hosted Bitwarden. The address of a Bitwarden cloud means that cloud.",
    }),
    apiUrl: urlSchema()
      .optional()
      .meta({ description: "The API's base, with `identityUrl`, where the two are hosted apart." }),
    identityUrl: urlSchema().optional().meta({ description: "The identity service's base, with `apiUrl`." }),
    clientId: z
      .string()
      .regex(
        /^organization\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
        "must be the organization's API key id: organization.<guid> (a personal key, user.<guid>, cannot be used)",
      )
      .meta({
        description: "The organization's API key id (Settings → Organization info → API key): `organization.<guid>`.",
      }),
    clientSecret: secretSchema().meta({ description: "The organization's API key secret." }),
    dialect: z
      .enum(["auto", "bitwarden"], {
        error: "must be auto or bitwarden (vaultwarden is not available in this version)",
      })
      .default("auto")
      .meta({ description: "Which server this is. `auto` asks it, and refuses one that is not supported." }),
    ca: pathSchema()
      .optional()
      .meta({ description: "PEM file of a private certificate authority to trust for this server." }),
    pace: z
      .strictObject({
        writesPerSecond: rateSchema("Most writes in a second", CLOUD_PACE.writesPerSecond),
        writesPerMinute: rateSchema("Most writes in a minute", CLOUD_PACE.writesPerMinute),
        readsPerMinute: rateSchema("Most reads in a minute", CLOUD_PACE.readsPerMinute),
      })
      .prefault({})
      .meta({ description: "How fast Bitwarden is asked." }),
  })
  .superRefine(
    (bitwarden, context) => {
      const problem = serverProblem(bitwarden);
      if (problem !== undefined) {
        context.addIssue({ code: "custom", path: [problem.key], message: problem.message });
      }
    },
    { when: onlyUnknownKeys },
  );

type Written = z.output<typeof written>;

/** One Bitwarden organization's server and credentials, with everything resolved. */
export interface BitwardenConfig extends Omit<Written, "pace"> {
  urls: BitwardenUrls;
  /** True for Bitwarden's own clouds, which limit rates. */
  cloud: boolean;
  /** `open`: no limit of any kind. */
  pace: Pace | "open";
}

export const bitwardenSchema = z.codec(written, z.custom<BitwardenConfig>(), {
  decode(bitwarden) {
    const { urls, cloud } = resolveServer(bitwarden);
    const usual = cloud ? CLOUD_PACE : SELF_HOSTED_PACE;
    const rates: Pace = {
      writesPerSecond: bitwarden.pace.writesPerSecond ?? usual.writesPerSecond,
      writesPerMinute: bitwarden.pace.writesPerMinute ?? usual.writesPerMinute,
      readsPerMinute: bitwarden.pace.readsPerMinute ?? usual.readsPerMinute,
    };
    const limited = Object.values(rates).some((rate) => rate !== Infinity);
    const pace: BitwardenConfig["pace"] = limited ? rates : "open";
    return { ...bitwarden, urls, cloud, pace };
  },
  encode({ urls: _urls, cloud: _cloud, pace, ...bitwarden }) {
    return { ...bitwarden, pace: pace === "open" ? SELF_HOSTED_PACE : pace };
  },
});
