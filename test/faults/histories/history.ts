import { setTimeout as sleep } from "node:timers/promises";
import type { Accusation } from "./oracle/accusation.ts";
import { SECRET, type Bridge } from "./world/bridge.ts";
import { ambushed, burst, change, flicker, leaveAndReturn } from "./changes.ts";
import { differences, type CompareParts } from "./oracle/compare.ts";
import { openRows } from "./world/rows.ts";
import { Rest } from "./rest.ts";
import { Scene } from "./scene.ts";
import { drawSetting, type Setting, type StepKind, type Theme } from "./setting.ts";
import { bitwardenFault, cure, directoryFault, lie, poison, refuse } from "./trouble.ts";
import { openWorld, placeOutsiders, type HistoryWorld } from "./world/world.ts";
import type { Source } from "./oracle/source.ts";
import { fact } from "./oracle/truth.ts";

export interface HistoryOptions {
  /** Directories that feed the organization; default 1. */
  connections?: 1 | 2;
  /** Instead of the one that the seed draws. */
  theme?: Theme;
  /** At most so many steps. */
  steps?: number;
}

export interface HistoryReport {
  seed: number;
  theme: Theme;
  connections: 1 | 2;
  accusations: Accusation[];
  /** Where configuration and store are kept after an accusation; null: nothing is kept. */
  folder: string | null;
  /** Lines of the bridge's log above the level of info; only after an accusation. */
  log: string[];
  counts: { changes: number; takings: number; requests: number };
  seconds: number;
}

/** So long without any progress on the subjects that can be read is a stall; a slow machine gets more. */
const STALL_MS = 30_000;
const HANDS_MS = 30_000;
const STOP_MS = 10_000;

/** Plays one history and judges it; rejects only when the test itself cannot go on. */
export async function runHistory(seed: number, options: HistoryOptions = {}): Promise<HistoryReport> {
  const startedAt = performance.now();
  const drawn = drawSetting(seed, options);
  const setting = { ...drawn, steps: drawn.steps.slice(-(options.steps ?? Infinity)) };
  await using world = await openWorld(setting);
  const history = new History(setting, world);
  await history.play();
  const { accusations } = history.scene.judge;
  const isAccused = accusations.length > 0;
  const log = isAccused ? world.bridge.lines() : [];
  if (isAccused) world.bridge.keep();
  return {
    seed,
    theme: setting.theme,
    connections: setting.connections,
    accusations,
    folder: isAccused ? world.bridge.folder : null,
    log,
    counts: {
      changes: history.scene.changes,
      takings: history.scene.judge.takings,
      requests: world.bitwarden.history.last,
    },
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  };
}

class History {
  readonly scene: Scene;
  readonly #setting: Setting;
  readonly #bridge: Bridge;
  readonly #compare: CompareParts;
  readonly #poisoned = new Set<string>();
  #wasRefused = false;

  constructor(setting: Setting, { sources, bitwarden, bridge, lag }: HistoryWorld) {
    this.#setting = setting;
    this.#bridge = bridge;
    const urlOf = (source: Source): string | null => bridge.hookUrl(source);
    this.scene = new Scene({ setting, sources, bitwarden, urlOf, secret: SECRET, lag });
    const { people, truth, hands } = this.scene;
    this.#compare = { sources, bitwarden, people, truth, hands, deletesGroups: setting.groupDeletion === "delete" };
  }

  async play(): Promise<void> {
    await this.#bridge.start();
    await this.#bridge.run("sync", "--full", "--json");
    await using rows = openRows(this.#bridge.storeFile);
    const rest = new Rest(this.scene, this.#bridge, rows);
    // Faults come into a world at rest: work at the start would mend what they break.
    if (!(await rest.quiet())) return;
    placeOutsiders(this.scene.bitwarden);
    this.scene.chronicle.note("the world is at rest");
    this.#accuseDifferences("not equal after a reconciliation");
    for (const step of this.#setting.steps) {
      if (this.scene.judge.accusations.length > 0) break;
      await this.#step(step, rest);
      await sleep(this.#setting.random() * this.#setting.pauseMs);
    }
    await this.#end(rest);
  }

  async #step(step: StepKind, rest: Rest): Promise<void> {
    const { scene } = this;
    const { random } = this.#setting;
    switch (step) {
      case "change":
        change(scene);
        return;
      case "flicker":
        await flicker(scene);
        return;
      case "comeBack":
        await leaveAndReturn(scene);
        return;
      case "ambushed":
        await ambushed(scene);
        return;
      case "burst":
        burst(scene);
        return;
      case "bitwardenFault":
        bitwardenFault(scene);
        return;
      case "directoryFault":
        directoryFault(scene);
        return;
      case "poison":
        this.#poisoned.add(poison(scene));
        return;
      case "lie":
        lie(scene);
        return;
      case "refuse":
        this.#wasRefused = true;
        await refuse(scene);
        return;
      case "kill":
        await this.#kill(random() * 400);
        return;
      case "hand":
        scene.hands.act(random, scene.people.names());
        return;
      case "sync":
      case "syncFull":
        scene.chronicle.note(step === "sync" ? "`sync`" : "`sync --full`");
        void this.#bridge.run("sync", "--json", ...(step === "sync" ? [] : ["--full"]));
        return;
      case "approve":
        await rest.approve();
        return;
      case "rest":
        await rest.quiet(4_000);
    }
  }

  /** Everything becomes well; then every promise is looked at. */
  async #end(rest: Rest): Promise<void> {
    const { scene } = this;
    const { sources } = scene;
    if (this.#poisoned.size > 0) await this.#othersGoOn();
    for (const { okta } of sources) okta.setLatency(0);
    cure(scene);
    await scene.hooks.settled();
    // The cool-down after refused credentials is longer than a history: a person types `sync`.
    if (this.#wasRefused) {
      await this.#kill(0);
      await this.#bridge.run("sync", "--json");
    }
    await this.#bridge.commandsEnded();
    for (const command of this.#bridge.unanswered)
      scene.judge.accuse("never quiet", `\`${command}\` did not end within a minute`, []);
    // Against what was done by hand, and nobody tells of, it may go on trying until it reconciles; and what waits for
    // something held may wait.
    const isPatient = scene.hands.touched.size > 0 || this.#setting.guarded;
    const isQuiet = await rest.quiet(isPatient ? HANDS_MS : undefined);
    if (!isQuiet && !isPatient) return;
    if (this.#setting.guarded && !(await rest.approveAll())) return;
    if (!this.#wasRefused && scene.hands.deletedGroups.size === 0)
      this.#accuseDifferences("acknowledged and not applied", (name) => scene.told.owes(name));
    if (isQuiet) await rest.idles();
    await this.#reconcile(rest);
    await this.#stop();
  }

  /** One person cannot be read: everybody else is applied all the same, and soon. */
  async #othersGoOn(): Promise<void> {
    const { scene } = this;
    scene.bitwarden.faults.clear();
    await scene.hooks.settled();
    const left = () =>
      differences(this.#compare, (name) => scene.told.owes(name)).filter(
        ({ about }) => !about.some((one) => this.#poisoned.has(one)),
      );
    let fewest = left().length;
    let progressAt = performance.now();
    while (fewest > 0 && performance.now() - progressAt < STALL_MS + 10 * scene.lag.worstMs()) {
      await sleep(200);
      const now = left().length;
      if (now < fewest) progressAt = performance.now();
      fewest = Math.min(fewest, now);
    }
    for (const { text, about } of left()) scene.judge.accuse("others stalled", text, [...about, ...this.#poisoned]);
  }

  async #reconcile(rest: Rest): Promise<void> {
    const { scene } = this;
    const { code, stdout } = await this.#bridge.run("sync", "--full");
    scene.chronicle.note(`\`sync --full\` ended with ${String(code)}: ${stdout.trim().replaceAll("\n", " | ")}`);
    if (!(await rest.quiet())) return;
    if (this.#setting.guarded && !(await rest.approveAll())) return;
    const found = this.#accuseDifferences("not equal after a reconciliation");
    if (found > 0 && code === 0) this.#accuseDifferences("said to be in step");
    this.#accuseInvitations();
  }

  /** How many differences there are. */
  #accuseDifferences(kind: Accusation["kind"], owed?: (name: string) => boolean): number {
    const found = differences(this.#compare, owed);
    for (const { text, about } of found.slice(0, 5)) this.scene.judge.accuse(kind, text, about);
    return found.length;
  }

  /** One invitation for each time that somebody was no member, and none after a removal by hand. */
  #accuseInvitations(): void {
    const { bitwarden, judge, hands, people, truth } = this.scene;
    const mails = Map.groupBy(
      bitwarden.state.outbox.filter(({ kind }) => kind === "invite"),
      ({ to }) => to.toLowerCase(),
    );
    const allowed = this.#setting.leaver === "remove" || hands.touched.size > 0 ? Infinity : 1;
    for (const [to, all] of mails) {
      if (all.length > allowed) judge.accuse("invited again", `${String(all.length)} invitations to ${to}`, [to]);
    }
    for (const person of hands.removed) {
      const wasMember = people.accounts(person).some(({ source, user }) => {
        return truth.since(fact.claim(source.name, user), performance.now()) === -Infinity;
      });
      const isBack = [...bitwarden.state.members.values()].some((member) => people.of(member) === person);
      if (wasMember && isBack) judge.accuse("invited again", `${person} was removed by hand`, [person]);
    }
  }

  async #kill(afterMs: number): Promise<void> {
    await sleep(afterMs);
    await this.#bridge.kill();
    this.scene.chronicle.note("SIGKILL");
    // A command that finds no service does the work itself, and holds the store until then.
    await this.#bridge.commandsEnded();
    await this.#bridge.start();
    this.scene.chronicle.note("started again");
  }

  async #stop(): Promise<void> {
    await this.#bridge.commandsEnded();
    if (this.scene.judge.accusations.length > 0) return;
    const { code, ms } = await this.#bridge.stop();
    if (code !== 0 || ms > STOP_MS)
      this.scene.judge.accuse("process", `SIGTERM: exit ${String(code)} after ${String(Math.round(ms))} ms`, []);
  }
}
