import { z } from "zod";
import { configSchema, type ConfigValues } from "./schema/schema.ts";

/**
 * The effective configuration in the words of the file: with defaults and absolute paths, secrets as references
 * only. Reading it again gives the same configuration.
 */
export function showConfig(config: ConfigValues): z.input<typeof configSchema> {
  const { listen, publicUrl, trustProxy, store, log, organizations, connections } = config;
  return z.encode(configSchema, { listen, publicUrl, trustProxy, store, log, organizations, connections });
}
