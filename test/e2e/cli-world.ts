import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Dump } from "../fakes/bitwarden/dump.ts";
import { startBitwarden, type FakeBitwarden } from "../fakes/bitwarden/server.ts";
import { startOkta, type OktaEmulator } from "../fakes/okta/server.ts";
import { bridgeFile, HOOK_SECRET, oktaConnection, secretsOf } from "../support/config.ts";
import { runCli, startBridge, type BridgeProcess, type CliResult } from "./bridge-process.ts";

const UNTIL_MS = 15_000;

/** Okta and Bitwarden in this process, a configuration in a folder of its own, and the real command line. */
export interface CliWorld extends AsyncDisposable {
  okta: OktaEmulator;
  bitwarden: FakeBitwarden;
  folder: string;
  config: string;
  store: string;
  env: Record<string, string>;
  run(...args: string[]): Promise<CliResult>;
  /** Parses the one JSON document on standard output. */
  json(...args: string[]): Promise<{ code: number | null; answer: Record<string, unknown> }>;
  serve(): Promise<BridgeProcess>;
  /** The members that the bridge manages: everybody but the organization's owner. */
  managed(): Dump["members"];
  /** Registers the service's hook address with Okta. */
  hook(bridge: BridgeProcess): Promise<void>;
}

export async function startWorld(
  options: { firstRun?: "apply" | "hold"; people?: number; groups?: number } = {},
): Promise<CliWorld> {
  await using stack = new AsyncDisposableStack();
  const okta = stack.use(
    await startOkta({ users: options.people ?? 12, groups: options.groups ?? 3, activeOnly: true }),
  );
  const bitwarden = stack.use(await startBitwarden());
  const folder = await mkdtemp(join(tmpdir(), "bwbridge-cli-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const config = join(folder, "bridge.yaml");
  const env = { ...secretsOf(okta, bitwarden), CI: "" };
  const file = bridgeFile({
    bitwarden,
    connections: [oktaConnection(okta)],
    organization: { firstRun: options.firstRun ?? "apply", guard: {} },
    store: "./data/bridge.db",
  });
  await writeFile(config, JSON.stringify(file));
  const run = (...args: string[]): Promise<CliResult> => runCli([...args, "--config", config], { env });
  const resources = stack.move();
  return {
    okta,
    bitwarden,
    folder,
    config,
    store: join(folder, "data", "bridge.db"),
    env,
    run,
    async json(...args) {
      const { code, stdout } = await run(...args, "--json");
      return { code, answer: JSON.parse(stdout) as Record<string, unknown> };
    },
    serve: () => startBridge({ config, env }),
    managed: () => bitwarden.dump().members.filter(({ externalId }) => externalId !== null),
    async hook(bridge) {
      await okta.hooks.register({ url: `${bridge.hooks}/hooks/okta/okta-main`, secret: HOOK_SECRET });
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Changes the configuration file. */
export async function editConfig(world: CliWorld, edit: (text: string) => string): Promise<void> {
  await writeFile(world.config, edit(await readFile(world.config, "utf8")));
}

/** What `sync` answers when there was nothing to do. */
export const NOTHING_DONE = {
  connections: [{ failure: null }],
  organizations: [{ operations: [], open: [], stillActive: [] }],
};

/** Gives a connection or an organization another name in the configuration file. */
export function renameIn(world: CliWorld, before: string, now: string): Promise<void> {
  return editConfig(world, (text) => text.replaceAll(`"${before}"`, `"${now}"`));
}

/** One of the people of Okta. */
export function oneOf(world: CliWorld, at: number): { id: string; email: string } {
  const user = [...world.okta.state.users.values()][at];
  return { id: user?.id ?? "", email: user?.profile.email.toLowerCase() ?? "" };
}

/** Of the managed member with this address. */
export function statusOf(world: CliWorld, email: string): number | undefined {
  return world.managed().find((member) => member.email === email)?.status;
}

/** Waits until the condition holds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + UNTIL_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await sleep(5);
  }
}

/** A text with this part; typed, other than vitest's own. */
export function containing(part: string): unknown {
  return expect.stringContaining(part);
}

export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}
