import { pick, type Random } from "../fakes/okta/random.ts";
import type { ChangeOptions } from "../fakes/okta/admin.ts";
import type { OktaEmulator } from "../fakes/okta/server.ts";
import type { LogEvent, UserStatus } from "../fakes/okta/types.ts";

/** One thing an administrator did in Okta. */
export interface Change {
  what: string;
  /** What it changed: `user/ID`, `group/ID` (the name), `edge/USER/GROUP`. */
  subjects: string[];
  events: LogEvent[];
}

interface Act {
  weight: number;
  /** The subjects that were changed, or null when there is nothing to do it to. */
  run(scene: Scene): string[] | null;
}

interface Scene {
  okta: OktaEmulator;
  random: Random;
  options: ChangeOptions;
  /** Names what is created, once. */
  next: () => number;
}

/** Whom the bridge treats as active: everyone Okta has not suspended or deactivated. */
export function isActive(status: UserStatus): boolean {
  return status !== "SUSPENDED" && status !== "DEPROVISIONED";
}

const ACTS: Record<string, Act> = {
  hire: { weight: 4, run: hire },
  deactivate: { weight: 4, run: (scene) => withUser(scene, isActive, (id, o) => scene.okta.admin.deactivate(id, o)) },
  suspend: { weight: 3, run: (scene) => withUser(scene, isActive, (id, o) => scene.okta.admin.suspend(id, o)) },
  unsuspend: {
    weight: 3,
    run: (scene) =>
      withUser(
        scene,
        (s) => s === "SUSPENDED",
        (id, o) => scene.okta.admin.unsuspend(id, o),
      ),
  },
  reactivate: {
    weight: 4,
    run: (scene) =>
      withUser(
        scene,
        (s) => s === "DEPROVISIONED",
        (id, o) => scene.okta.admin.reactivate(id, o),
      ),
  },
  deleteUser: {
    weight: 1,
    run: (scene) =>
      withUser(
        scene,
        (s) => s !== "ACTIVE",
        (id, o) => scene.okta.admin.deleteUser(id, o),
      ),
  },
  join: { weight: 6, run: join },
  leave: { weight: 6, run: leave },
  changeEmail: { weight: 2, run: changeEmail },
  createGroup: { weight: 1, run: createGroup },
  renameGroup: { weight: 2, run: renameGroup },
  deleteGroup: { weight: 0.5, run: deleteGroup },
};

/** Draws and makes changes; the same seed and the same earlier changes give the same change. */
export class Changes {
  readonly #okta: OktaEmulator;
  #created = 0;

  constructor(okta: OktaEmulator) {
    this.#okta = okta;
  }

  /** `options.only: "log"`: Okta's own deliverer does not hear of it. */
  make(random: Random, options: ChangeOptions): Change {
    const { logs } = this.#okta.state;
    const scene = { okta: this.#okta, random, options, next: () => (this.#created += 1) };
    for (;;) {
      const what = draw(random);
      const before = logs.length;
      const subjects = ACTS[what]?.run(scene) ?? null;
      if (subjects !== null) return { what, subjects, events: logs.slice(before) };
    }
  }
}

function draw(random: Random): string {
  const acts = Object.entries(ACTS);
  let point = random() * acts.reduce((sum, [, { weight }]) => sum + weight, 0);
  for (const [name, { weight }] of acts) {
    point -= weight;
    if (point < 0) return name;
  }
  return "join";
}

function hire({ okta, random, options, next }: Scene): string[] {
  const email = `new.person${String(next())}@example.com`;
  const id = okta.admin.createUser({ firstName: "New", lastName: "Person", email }, options);
  const subjects = [`user/${id}`, `edge/${id}/${okta.state.everyoneId}`];
  const groups = ordinaryGroups(okta);
  for (let at = 0; at < 2 && groups.length > 0; at++) {
    const group = pick(random, groups);
    okta.admin.addToGroup(id, group, options);
    subjects.push(`edge/${id}/${group}`);
  }
  return subjects;
}

function withUser(
  { okta, random, options }: Scene,
  fits: (status: UserStatus) => boolean,
  act: (id: string, options: ChangeOptions) => void,
): string[] | null {
  const users = [...okta.state.users.values()].filter(({ status }) => fits(status));
  if (users.length === 0) return null;
  const { id } = pick(random, users);
  act(id, options);
  return [`user/${id}`];
}

function join({ okta, random, options }: Scene): string[] | null {
  const groups = ordinaryGroups(okta);
  if (groups.length === 0) return null;
  const group = pick(random, groups);
  const users = [...okta.state.users.keys()].filter((id) => !okta.state.members.has(group, id));
  if (users.length === 0) return null;
  const user = pick(random, users);
  okta.admin.addToGroup(user, group, options);
  return [`edge/${user}/${group}`];
}

function leave({ okta, random, options }: Scene): string[] | null {
  const groups = ordinaryGroups(okta).filter((id) => okta.state.members.usersOf(id).length > 0);
  if (groups.length === 0) return null;
  const group = pick(random, groups);
  const user = pick(random, okta.state.members.usersOf(group));
  okta.admin.removeFromGroup(user, group, options);
  return [`edge/${user}/${group}`];
}

function changeEmail({ okta, random, options, next }: Scene): string[] {
  const id = pick(random, [...okta.state.users.keys()]);
  const email = `changed${String(next())}@example.com`;
  okta.admin.updateProfile(id, { email, login: email }, options);
  // A member keeps the address it was invited with: nothing in Bitwarden follows.
  return [];
}

function createGroup({ okta, random, options, next }: Scene): string[] {
  const group = okta.admin.createGroup(`Project ${String(next())}`, options);
  const subjects = [`group/${group}`];
  for (let at = 0; at < 3; at++) {
    const user = pick(random, [...okta.state.users.keys()]);
    okta.admin.addToGroup(user, group, options);
    subjects.push(`edge/${user}/${group}`);
  }
  return subjects;
}

function renameGroup({ okta, random, options, next }: Scene): string[] | null {
  const groups = ordinaryGroups(okta);
  if (groups.length === 0) return null;
  const group = pick(random, groups);
  okta.admin.renameGroup(group, `Renamed ${String(next())}`, options);
  return [`group/${group}`];
}

function deleteGroup({ okta, random, options }: Scene): string[] | null {
  const groups = ordinaryGroups(okta);
  if (groups.length < 4) return null;
  const group = pick(random, groups);
  okta.admin.deleteGroup(group, options);
  return [`group/${group}`];
}

function ordinaryGroups(okta: OktaEmulator): string[] {
  return [...okta.state.groups.values()].filter(({ type }) => type !== "BUILT_IN").map(({ id }) => id);
}
