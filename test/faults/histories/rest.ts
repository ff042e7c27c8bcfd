import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "../../../src/store/database.ts";
import type { Scene } from "./scene.ts";
import type { Bridge } from "./world/bridge.ts";
import { describeLeft, readLeft, slowestAnswerMs } from "./world/rows.ts";
import { Spin } from "./world/spin.ts";

/** With retries that wait twice as long each time, and a machine that has other things to do. */
const QUIET_MS = 100_000;
/** Approving is a matter of rows, and a person waits for the answer: promised within a second. */
const ANSWER_MS = 4_000;
/** A sweep or a token may fall into the idle window. */
const IDLE_REQUESTS = 3;
const APPROVALS = 6;

/** Waiting for the bridge, and what it does meanwhile: it comes to rest, does nothing at rest, and answers commands. */
export class Rest {
  readonly #scene: Scene;
  readonly #bridge: Bridge;
  readonly #rows: Database;

  constructor(scene: Scene, bridge: Bridge, rows: Database) {
    this.#scene = scene;
    this.#bridge = bridge;
    this.#rows = rows;
  }

  /** Requests of the bridge so far, to both sides. */
  #asked(): number {
    const { bitwarden, sources } = this.#scene;
    return bitwarden.history.last + sources.reduce((sum, { okta }) => sum + okta.history.length, 0);
  }

  /** Nothing to do costs nothing. */
  async idles(): Promise<void> {
    const { judge } = this.#scene;
    const before = this.#asked();
    const spin = this.#watchSpin();
    const deadline = performance.now() + Spin.enoughMs;
    while (performance.now() < deadline) {
      const spins = spin.look();
      if (spins !== null) judge.accuse("spinning", `${spins} ${await describeLeft(this.#rows)}`, []);
      await sleep(100);
    }
    const requests = this.#asked() - before;
    if (requests > IDLE_REQUESTS)
      judge.accuse("spinning", `${String(requests)} requests in ${String(Spin.enoughMs)} ms of quiet`, []);
  }

  #watchSpin(): Spin {
    return new Spin(
      () => this.#bridge.work(),
      () => this.#asked(),
    );
  }

  /** Waits until nothing is left to do. With a limit of its own it only waits, and accuses nobody. */
  async quiet(mostMs?: number): Promise<boolean> {
    const scene = this.#scene;
    const deadline = performance.now() + (mostMs ?? QUIET_MS);
    const spin = this.#watchSpin();
    for (let calm = 0; calm < 3;) {
      const left = await readLeft(this.#rows);
      const isCalm = scene.hooks.idle && left.hints + left.ready + left.sending + left.requests === 0;
      calm = isCalm ? calm + 1 : 0;
      if (this.#bridge.hasDied()) {
        scene.judge.accuse("process", "the process has ended by itself", []);
        return false;
      }
      const spins = spin.look();
      if (spins !== null) scene.judge.accuse("spinning", `${spins} ${await describeLeft(this.#rows)}`, []);
      if (!isCalm && performance.now() > deadline) {
        if (mostMs !== undefined) return false;
        const what = `still at work after ${String(QUIET_MS / 1000)} s: ${JSON.stringify(left)}`;
        scene.judge.accuse("never quiet", `${what} ${await describeLeft(this.#rows)}`, []);
        return false;
      }
      await sleep(80);
    }
    return true;
  }

  async approve(): Promise<void> {
    const { chronicle, judge, lag } = this.#scene;
    chronicle.note("`held approve --all`");
    await this.#bridge.run("held", "approve", "--all");
    const ms = await slowestAnswerMs(this.#rows);
    if (ms > ANSWER_MS + 3 * lag.worstMs())
      judge.accuse("never quiet", `\`held approve\` was answered after ${String(ms)} ms`, []);
  }

  /** Approves until nothing is held any more. */
  async approveAll(): Promise<boolean> {
    for (let round = 0; round < APPROVALS; round++) {
      if ((await readLeft(this.#rows)).held === 0) return true;
      await this.approve();
      if (!(await this.quiet())) return false;
    }
    this.#scene.judge.accuse("never quiet", `held again and again: ${await describeLeft(this.#rows)}`, []);
    return false;
  }
}
