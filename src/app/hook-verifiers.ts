import type { Config } from "../config/parse.ts";
import { resolveSecret } from "../config/secrets/resolve.ts";
import { oktaHookVerifier } from "../directories/okta/verify.ts";
import type { HookVerifier } from "../directories/verified.ts";
import { remembered } from "./log.ts";

/** A rotated secret counts after a second, and a burst reads it once a second. */
const SECRETS_MS = 1_000;

/** The verifiers of all connections that take event hooks. */
export function hookVerifiers(config: Config): Map<string, HookVerifier> {
  const verifiers = new Map<string, HookVerifier>();
  for (const { name, directory, push } of config.connections) {
    if (directory.type !== "okta" || !push.enabled) continue;
    const secrets = remembered(() => push.secrets.map((reference) => resolveSecret(reference).reveal()), SECRETS_MS);
    verifiers.set(name, oktaHookVerifier({ connection: name, header: push.header, secrets }));
  }
  return verifiers;
}
