import { parseArgs } from "node:util";

export interface DemoOptions {
  /** Play the day, print the summary and end, instead of staying up. */
  once: boolean;
  /** One JSON object instead of text for people; plays once. */
  json: boolean;
  users: number;
  help: boolean;
}

export const USAGE = `Usage: npm run demo -- [options]

Starts an emulated Okta, an emulated Bitwarden and the real bridge between them, on this machine only,
and plays a day in the life of a company.

Options:
  --once     Play the day, print a summary and end: 0 only if Bitwarden ended equal to Okta.
  --json     The summary as one JSON object; implies --once.
  --users N  How many people the company has: 80 to 5000, normally 200.
  --help     This text.`;

/** Below this a day's three leavers would already be too many for the guard's 5 %. */
const FEWEST_USERS = 80;
const MOST_USERS = 5_000;

/** Throws with words for the person at the terminal. */
export function readArguments(argv: string[]): DemoOptions {
  const { values } = parseArgs({
    args: argv,
    options: {
      once: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      users: { type: "string", default: "200" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const users = Number(values.users);
  if (!Number.isSafeInteger(users) || users < FEWEST_USERS || users > MOST_USERS) {
    throw new Error(`--users takes a whole number from ${FEWEST_USERS} to ${MOST_USERS}, not ${values.users}`);
  }
  return { once: values.once || values.json, json: values.json, users, help: values.help };
}
