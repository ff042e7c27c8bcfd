import type { Config } from "../parse.ts";
import { resolveSecret } from "./resolve.ts";
import { configSchema } from "../schema/schema.ts";
import { secretReferences } from "./secret.ts";
import { leavesOf } from "../schema/walk.ts";
import { BridgeError } from "../../domain/errors.ts";

/** The values of all secrets that can be read now, so that the log can leave them out. */
export function secretValues(config: Config): string[] {
  return [...leavesOf(configSchema, config)]
    .filter(({ marks }) => marks.secret === true)
    .flatMap(({ value }) => secretReferences.parse(value))
    .flatMap((reference) => {
      try {
        return [resolveSecret(reference).reveal()];
      } catch (thrown) {
        // Gone while running: whoever needs it says so; there is nothing to leave out.
        if (thrown instanceof BridgeError) return [];
        throw thrown;
      }
    });
}
