import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBitwarden, type FakeBitwarden } from "../fakes/bitwarden/server.ts";
import { startSlapd, type Slapd } from "../testbed/slapd.ts";
import type { BenchOptions } from "./bench.ts";
import { median, rounded } from "../support/statistics.ts";
import { MAIN } from "./process.ts";
import { atMost, judge, type Budget, type Report } from "./report.ts";
import { runTimed, type Usage } from "./timed.ts";
import { bridgeFile, ORGANIZATION } from "../support/config.ts";

interface SyncCost extends Usage {
  bitwardenReads: number;
  writes: number;
  bytesWritten: number;
}

/** Budgets for 50,000 people in 1,000 groups; smaller directories must keep them too. */
const MAX_CPU_SECONDS = 2;
const MAX_MIB = 250;
const MAX_WRITES = 3;
const MAX_BYTES = 4_096;

/** Whole `sync --full` processes against an OpenLDAP: the first, some without a change, one with one change. */
export async function ldap({ quick, users = 10_000, groups = 200, progress }: BenchOptions): Promise<Report> {
  progress(`OpenLDAP with ${String(users)} people in ${String(groups)} groups`);
  await using slapd = await startSlapd({ users, groups });
  await using bitwarden = await startBitwarden({ hosted: "self", historyLimit: 1_000_000 });
  const folder = mkdtempSync(join(tmpdir(), "bwbridge-bench-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const configFile = join(folder, "bridge.json");
  writeFileSync(configFile, JSON.stringify(bridgeFile({ bitwarden, connections: [connection(slapd)] })));
  const env = { TEST_BW_SECRET: bitwarden.clientSecret, LDAP_PASSWORD: slapd.syncPassword };
  const sync = async (what: string): Promise<SyncCost> => {
    progress(what);
    return syncCost(bitwarden, [MAIN, "sync", "--full", "--config", configFile], env);
  };
  const first = await sync("first sync");
  const unchanged: SyncCost[] = [];
  for (let run = 1; run <= (quick ? 1 : 5); run++) unchanged.push(await sync("nothing changed"));
  await addMember(slapd);
  const one = await sync("one person added to one group");
  const cpuSeconds = median(unchanged.map((cost) => cost.cpuSeconds));
  const metrics = {
    users,
    groups,
    ...shown("first", [first]),
    ...shown("unchanged", unchanged),
    ...shown("one change", [one]),
  };
  return judge("ldap", metrics, {
    "unchanged: cpuSeconds": atMost(MAX_CPU_SECONDS, cpuSeconds),
    "unchanged: peakMiB": atMost(MAX_MIB, Math.max(...unchanged.map(({ peakMiB }) => peakMiB))),
    "unchanged: writes": atMost(0, Math.max(...unchanged.map(({ writes }) => writes))),
    "one change: writes": atMost(MAX_WRITES, one.writes),
    "one change: no write at all": noWrite(one),
    "one change: bytesWritten": atMost(MAX_BYTES, one.bytesWritten),
  });
}

/** The change must have arrived, or its small cost says nothing. */
function noWrite({ writes }: SyncCost): Budget {
  return atMost(0, writes === 0 ? 1 : 0);
}

function shown(name: string, costs: readonly SyncCost[]): Report["metrics"] {
  const of = (pick: (cost: SyncCost) => number): number => median(costs.map(pick));
  return {
    [`${name}: wallSeconds`]: rounded(
      of((cost) => cost.wallSeconds),
      2,
    ),
    [`${name}: cpuSeconds`]: rounded(
      of((cost) => cost.cpuSeconds),
      2,
    ),
    [`${name}: peakMiB`]: rounded(of((cost) => cost.peakMiB)),
    [`${name}: Bitwarden reads`]: of((cost) => cost.bitwardenReads),
    [`${name}: writes`]: of((cost) => cost.writes),
    [`${name}: bytesWritten`]: of((cost) => cost.bytesWritten),
  };
}

async function syncCost({ history }: FakeBitwarden, args: string[], env: Record<string, string>): Promise<SyncCost> {
  const before = history.last;
  const usage = await runTimed(args, env);
  const calls = history.after(before).filter(({ route }) => route !== "POST /connect/token");
  const writes = calls.filter(({ method }) => method !== "GET");
  return {
    ...usage,
    bitwardenReads: calls.length - writes.length,
    writes: writes.length,
    bytesWritten: writes.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0),
  };
}

/** Somebody who is staff joins a small group they are not in. */
async function addMember(slapd: Slapd): Promise<void> {
  const { groups, people } = slapd.company;
  const group = [...groups].sort((a, b) => a.members.length - b.members.length)[0];
  const person = people.find(({ type, mail, memberOf }) => {
    return type === "staff" && mail !== undefined && group !== undefined && !memberOf.includes(group.dn);
  });
  if (!group || !person) throw new Error("the company has nobody to add");
  await slapd.modify(`dn: ${group.dn}\nchangetype: modify\nadd: member\nmember: ${person.dn}\n`);
}

function connection(slapd: Slapd): object {
  return {
    name: "ldap-main",
    organization: ORGANIZATION,
    directory: {
      type: "ldap",
      preset: "openldap",
      hostname: "127.0.0.1",
      port: slapd.tlsPort,
      ssl: true,
      sslCaPath: slapd.caPath,
      rootPath: slapd.base,
      username: slapd.syncDn,
      password: { env: "LDAP_PASSWORD" },
    },
    sync: { userPath: "ou=people", groupPath: "ou=groups", largeImport: true },
    schedule: { poll: "off", reconcile: "off" },
  };
}
