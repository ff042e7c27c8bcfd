import { expect, test } from "vitest";
import { failureOf } from "./histories/campaign.ts";
import { runHistory } from "./histories/history.ts";
import type { Theme } from "./histories/setting.ts";

/** `npm run faults -- histories` is the long version: more seeds, longer histories, every theme. */
const SHORT: { seed: number; theme: Theme }[] = [
  { seed: 1, theme: "calm" },
  { seed: 2, theme: "bitwarden" },
  { seed: 3, theme: "burst" },
  { seed: 4, theme: "include" },
  { seed: 5, theme: "hands" },
];

test.concurrent.for(SHORT)(
  "after a history of $theme (seed $seed) nothing was taken without justification and Bitwarden is what the directory says",
  { timeout: 180_000 },
  async ({ seed, theme }) => {
    const report = await runHistory(seed, { theme, steps: 14 });

    expect(report.accusations, failureOf(report, true)).toEqual([]);
    expect(report.counts.changes).toBeGreaterThan(0);
  },
);
