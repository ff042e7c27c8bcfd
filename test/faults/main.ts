import { parseArgs } from "node:util";
import { bitwarden } from "./bitwarden.ts";
import { crash } from "./crash.ts";
import { disk } from "./disk.ts";
import { histories } from "./histories/campaign.ts";
import { THEMES, type Theme } from "./histories/setting.ts";
import { failureText, jsonLine, table, type FaultReport } from "./report.ts";

/** `npm run faults -- NAME [--rounds N] [--seed N] [--json]`: what the bridge does when things break. */
interface Script {
  summary: string;
  rounds: number;
  run(options: Options): Promise<FaultReport>;
}

interface Options {
  rounds: number;
  seed: number;
  progress: (line: string) => void;
  /** Only of `histories`: directories that feed the organization, and what every history is about. */
  connections: 1 | 2;
  theme?: Theme;
}

const SCRIPTS: Record<string, Script> = {
  crash: {
    summary: "SIGKILL at random instants while hooks arrive and reconciliations run",
    rounds: 200,
    run: crash,
  },
  disk: {
    summary: "the disk answers EIO to every sync from some instant on",
    rounds: 20,
    run: disk,
  },
  bitwarden: {
    summary: "a fifth of Bitwarden's answers fails, is late or gets lost after the work was done",
    rounds: 40,
    run: bitwarden,
  },
  histories: {
    summary: "short random histories, judged from outside; also --connections 1|2, --theme NAME",
    rounds: 60,
    run: histories,
  },
};

const USAGE = 2;

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new TypeError(`--${name} takes a whole number, not ${text}`);
}

function themeNamed(text: string | undefined): { theme?: Theme } {
  const theme = THEMES.find((one) => one === text);
  if (text !== undefined && theme === undefined) throw new TypeError(`--theme takes one of ${THEMES.join(", ")}`);
  return theme === undefined ? {} : { theme };
}

function list(): void {
  console.log("npm run faults -- NAME [--rounds N] [--seed N] [--json]\n");
  for (const [name, { summary, rounds }] of Object.entries(SCRIPTS)) {
    console.log(`  ${name.padEnd(10)} ${summary} (${String(rounds)} rounds)`);
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      seed: { type: "string" },
      connections: { type: "string" },
      theme: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [name] = positionals;
  if (name === undefined) {
    list();
    return 0;
  }
  const script = Object.hasOwn(SCRIPTS, name) ? SCRIPTS[name] : undefined;
  if (!script) {
    console.error(`there is no fault script ${name}`);
    list();
    return USAGE;
  }
  const seed = wholeNumber("seed", values.seed) ?? Math.floor(Math.random() * 1_000_000);
  const rounds = wholeNumber("rounds", values.rounds) ?? script.rounds;
  const progress = (line: string): void => {
    console.error(line);
  };
  progress(`${name}: seed ${String(seed)}, ${String(rounds)} rounds`);
  const connections = values.connections === "2" ? 2 : 1;
  const report = await script.run({ rounds, seed, progress, connections, ...themeNamed(values.theme) });
  if (!report.ok) console.error(failureText(report));
  console.log(values.json ? jsonLine(report) : table(report));
  return report.ok ? 0 : 1;
}

process.exitCode = await main();
