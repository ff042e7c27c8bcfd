import { expect, test } from "vitest";
import { crash } from "./crash.ts";
import { failureText } from "./report.ts";

/** `npm run faults -- crash` is the long version. The decisions of a seed are always the same, the instants nearly. */
test.for([11, 12])(
  "killed eight times while it works (seed %i), the bridge keeps what it acknowledged and does nothing twice",
  { timeout: 120_000 },
  async (seed) => {
    const report = await crash({ rounds: 8, seed, progress: () => undefined });

    expect(report.failures, failureText(report)).toEqual([]);
    expect(report.metrics).toMatchObject({ rounds: 8 });
    expect(report.metrics["acknowledgedEvents"]).toBeGreaterThan(0);
  },
);
