import { seededRandom } from "../fakes/okta/random.ts";
import type { FaultReport } from "./report.ts";
import type { Run } from "./run.ts";
import { compileShim } from "./shim.ts";
import { runScript, type ScriptOptions } from "./script.ts";

/** Posts that are made at most until the disk fails, and exactly after it has. */
const POSTS_MAX = 400;
const POSTS_AFTER = 5;

/**
 * From some sync on every further one fails, as on a dying disk. Then nothing may be acknowledged any
 * more: 503, so that the sender tries again, and never a 4xx, after which Okta would not. The process
 * lives and says that it is not ready. On a sound disk everything goes on.
 */
export function disk(options: ScriptOptions): Promise<FaultReport> {
  return runScript(
    {
      name: "disk",
      checkEvery: 5,
      budgets: () => ({}),
      begin(run) {
        const shim = compileShim(run.world.directory);
        const counts = { accepted: 0, refused: 0, neverStarted: 0 };
        return {
          metrics: () => ({ answers: counts }),
          round: (number) => lifeOnFailingDisk(run, shim, number, counts),
        };
      },
    },
    options,
  );
}

async function lifeOnFailingDisk(
  run: Run,
  shim: string,
  number: number,
  counts: { accepted: number; refused: number; neverStarted: number },
): Promise<string[]> {
  const { bridge, hookUrl } = run.world;
  const random = seededRandom(Math.imul(run.seed, 1_000_003) + number);
  const failAfter = 5 + Math.floor(random() * 150);
  const { ready } = bridge.start({ LD_PRELOAD: shim, FSYNC_FAIL_AFTER: String(failAfter) });
  const started = await ready.then(
    () => true,
    () => false,
  );
  if (!started) {
    // The store could not even be opened: the process says so and ends, and the supervisor starts it again.
    counts.neverStarted += 1;
    await bridge[Symbol.asyncDispose]();
    return run.lost();
  }
  const failures: string[] = [];
  let refused = 0;
  for (let posts = 0; posts < POSTS_MAX && refused < POSTS_AFTER; posts++) {
    const status = await run.tell(random);
    if (status === 503) refused += 1;
    else if (status !== 204) failures.push(`a failing disk was answered with ${String(status)}`);
    else if (refused > 0) failures.push("an event was acknowledged after the disk had failed");
    if (status === 204) counts.accepted += 1;
  }
  counts.refused += refused;
  if (refused === 0) failures.push(`${String(POSTS_MAX)} events, and the disk that fails was never noticed`);
  const livez = await fetch(new URL("/livez", hookUrl));
  const readyz = await fetch(new URL("/readyz", hookUrl));
  if (livez.status !== 200 || readyz.status !== 503)
    failures.push(`/livez ${String(livez.status)}, /readyz ${String(readyz.status)} while the disk fails`);
  await bridge.kill();
  return [...failures, ...(await run.lost())];
}
