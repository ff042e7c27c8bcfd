import { readFileSync } from "node:fs";
import { z } from "zod";
import { cadenceText } from "../config/schema/cadence.ts";
import type { Config } from "../config/parse.ts";

/** What this process is about to do, without secrets: the first line of its log. */
export function startLine(config: Config): Record<string, unknown> {
  return {
    version: version(),
    node: process.version,
    config: config.file,
    store: config.store.sqlite,
    organizations: config.organizations.map(({ name, mode, firstRun, bitwarden }) => ({
      name,
      mode,
      firstRun,
      server: bitwarden.urls.api,
    })),
    connections: config.connections.map(({ name, organization, directory, schedule, push }) => ({
      name,
      organization,
      directory: directory.type,
      push: push.enabled,
      poll: cadenceText(schedule.poll),
      reconcile: cadenceText(schedule.reconcile),
    })),
  };
}

const packageSchema = z.object({ version: z.string() });

/** The version of this installation. */
export function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return packageSchema.parse(JSON.parse(text)).version;
}
