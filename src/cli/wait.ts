import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** Resolves when the signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<"aborted"> {
  if (!signal.aborted) await once(signal, "abort");
  return "aborted";
}

/** Waits, at most until the signal is aborted. */
export async function wait(ms: number, signal: AbortSignal): Promise<"waited" | "aborted"> {
  try {
    return await sleep(ms, "waited", { signal });
  } catch {
    // A timer fails only when it is aborted.
    return "aborted";
  }
}
