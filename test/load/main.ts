import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { Bench } from "./bench.ts";
import { ldap } from "./ldap.ts";
import { leaver } from "./leaver.ts";
import { rounded } from "../support/statistics.ts";
import { receipt } from "./receipt.ts";
import { jsonLine, table } from "./report.ts";
import { start } from "./start.ts";
import { storm } from "./storm.ts";

/** `npm run bench -- NAME [--quick] [--json]`: what the real processes do under load, against the budgets. */
const BENCHES: Record<string, Bench> = {
  receipt: {
    summary: "hooks received durably: throughput against a bare Express, latency, a burst, a slow disk",
    run: receipt,
  },
  storm: {
    summary: "many hints for one group, many for few people, 100,000 waiting: reads, writes, memory",
    run: storm,
  },
  start: { summary: "from the start of the process until it is ready; which modules are loaded", run: start },
  leaver: { summary: "from the hook about a leaver to the revocation in Bitwarden", run: leaver },
  ldap: {
    summary: "whole `sync` processes against an OpenLDAP (--users 10000 --groups 200): CPU, memory, writes",
    run: ldap,
  },
};

const USAGE = 2;

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new TypeError(`--${name} takes a whole number, not ${text}`);
}

function list(): void {
  console.log("npm run bench -- NAME [--quick] [--json]\n");
  for (const [name, { summary }] of Object.entries(BENCHES)) console.log(`  ${name.padEnd(8)} ${summary}`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      users: { type: "string" },
      groups: { type: "string" },
    },
  });
  const [name] = positionals;
  if (name === undefined) {
    list();
    return 0;
  }
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (!bench) {
    console.error(`there is no bench ${name}`);
    list();
    return USAGE;
  }
  const [busy = 0] = loadavg();
  const run = await bench.run({
    quick: values.quick,
    users: wholeNumber("users", values.users),
    groups: wholeNumber("groups", values.groups),
    progress: (line) => {
      console.error(`${name}: ${line}`);
    },
  });
  // Other work on the machine is in every figure.
  const report = { ...run, metrics: { loadAverageBefore: rounded(busy, 2), ...run.metrics } };
  console.log(values.json ? jsonLine(report) : table(report));
  return report.ok ? 0 : 1;
}

process.exitCode = await main();
