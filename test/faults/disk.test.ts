import { expect, test } from "vitest";
import { disk } from "./disk.ts";
import { failureText } from "./report.ts";
import { requireCompiler } from "./shim.ts";

/** `npm run faults -- disk` is the long version. */
test.skipIf(!requireCompiler())(
  "once the disk refuses to sync, nothing is acknowledged any more; on a sound disk everything goes on",
  { timeout: 120_000 },
  async () => {
    const report = await disk({ rounds: 2, seed: 21, progress: () => undefined });

    expect(report.failures, failureText(report)).toEqual([]);
    expect(report.metrics["answers"]).toMatchObject({ refused: 10 });
  },
);
