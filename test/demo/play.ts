import { countCalls, callsText } from "./calls.ts";
import { duration, many, type Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";

/** One thing that happens in Okta, and what it must come to. */
export interface Scene {
  /** One word. */
  kind: string;
  /** What happened in Okta, in one sentence. */
  happened: string;
  act(): void;
  /** True once the effect can be seen in the emulated Bitwarden; absent: nothing may reach it. */
  visible?(): boolean;
  /** Why that followed, for a newcomer. */
  why: string;
}

/** What came of a scene. */
export interface Played {
  kind: string;
  /** From the event in Okta to its effect in Bitwarden, or null when there was none. */
  latencyMs: number | null;
  oktaReads: number;
  calls: Record<string, number>;
}

/** Plays one scene through the real hooks and shows it while it happens. */
export async function play(stage: Stage, screen: Screen, scene: Scene): Promise<Played> {
  const { okta, bitwarden } = stage;
  const before = { okta: okta.history.length, bitwarden: bitwarden.history.last };
  screen.event(scene.kind, scene.happened);
  const startedAt = performance.now();
  scene.act();
  const visible = scene.visible?.bind(scene);
  if (visible !== undefined) await stage.until(`Bitwarden shows the effect of "${scene.kind}"`, visible);
  const latencyMs = visible === undefined ? null : performance.now() - startedAt;
  await stage.settled();
  const calls = countCalls(bitwarden.history.after(before.bitwarden));
  const oktaReads = okta.history.length - before.okta;
  const text = `Okta: ${many(oktaReads, "read")} → Bitwarden: ${callsText(calls)}`;
  if (latencyMs === null) screen.effect("nothing", text, "quiet");
  else screen.effect(duration(latencyMs), text, "done");
  screen.why(scene.why);
  return { kind: scene.kind, latencyMs, oktaReads, calls: Object.fromEntries(calls) };
}
