import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { BenchOptions } from "./bench.ts";
import { ORGANIZATION } from "../support/config.ts";
import { median, rounded } from "../support/statistics.ts";
import { atLeast, atMost, judge, type Report } from "./report.ts";
import { saturate } from "./sender.ts";
import { openBenchWorld, type BenchWorld } from "./world.ts";

const HOOK = fileURLToPath(new URL("loaded-modules/main.ts", import.meta.url));
/** Time for the first reads, so that a configured directory's client is loaded. */
const FIRST_READS_MS = 1_500;

/** A directory that nobody answers for. */
const LDAP = {
  name: "ldap-main",
  organization: ORGANIZATION,
  directory: {
    type: "ldap",
    preset: "openldap",
    hostname: "127.0.0.1",
    port: 9,
    rootPath: "dc=example,dc=test",
    username: "cn=sync,dc=example,dc=test",
    password: { env: "TEST_OKTA_TOKEN" },
  },
  sync: { userPath: "ou=people", groupPath: "ou=groups" },
  schedule: { poll: "1s", reconcile: "off" },
};

/** From the start of `serve` until it is ready, and which vendor's packages it has loaded by then and later. */
export async function start({ quick, progress }: BenchOptions): Promise<Report> {
  await using world = await openBenchWorld({ users: 50, groups: 5 });
  await world.command("sync", "--full");
  const readyMs: number[] = [];
  const memoryMiB: number[] = [];
  for (let run = 0; run < (quick ? 3 : 15); run++) {
    await using server = await world.serve();
    readyMs.push(server.readyMs);
    memoryMiB.push(server.memoryMiB().now);
  }
  progress(`ready after ${readyMs.map((ms) => rounded(ms)).join(", ")} ms`);
  const okta = await loadedModules(world);
  world.configure(LDAP);
  const ldap = await loadedModules(world);
  const counted = (modules: readonly string[], name: string): number =>
    modules.filter((url) => url.includes(`/node_modules/${name}/`)).length;
  const metrics = {
    runs: readyMs.length,
    readyMedianMs: rounded(median(readyMs)),
    readyMaxMs: rounded(Math.max(...readyMs)),
    memoryAtReadyMiB: rounded(median(memoryMiB)),
    modulesWithOktaOnly: okta.length,
    modulesWithLdapOnly: ldap.length,
  };
  return judge("start", metrics, {
    readyMedianMs: atMost(2_000, median(readyMs)),
    readyMaxMs: atMost(2_000, Math.max(...readyMs)),
    "ldapts modules loaded with Okta only": atMost(0, counted(okta, "ldapts")),
    "Okta SDK modules loaded with LDAP only": atMost(0, counted(ldap, "@okta/okta-sdk-nodejs")),
    // What is configured must be seen, or the list of modules proves nothing.
    "Okta SDK modules loaded with Okta only": atLeast(1, counted(okta, "@okta/okta-sdk-nodejs")),
    "ldapts modules loaded with LDAP only": atLeast(1, counted(ldap, "ldapts")),
  });
}

/** Every module that a `serve` loads until its directory was asked something. */
async function loadedModules(world: BenchWorld): Promise<string[]> {
  const file = join(world.folder, "modules.txt");
  await using server = await world.serve({ nodeOptions: ["--import", HOOK], env: { LOADED_MODULES: file } });
  const [user] = world.okta.state.users.keys();
  world.okta.admin.updateProfile(user ?? "", { title: "Chief Module Officer" }, { only: "log" });
  const requests = world.deliveries(server, world.okta.state.logs.slice(-1));
  await saturate(server.hooks, 1, () => requests.pop() ?? null);
  await wait(FIRST_READS_MS);
  await server.stop();
  return readFileSync(file, "utf8").split("\n");
}
