import { setTimeout as sleep } from "node:timers/promises";
import { pick, type Random } from "../../fakes/okta/random.ts";
import type { Scene } from "./scene.ts";
import { ambush } from "./trouble.ts";
import { isDisabled, ordinaryGroups, type Source } from "./oracle/source.ts";

const HIRE = { firstName: "New", lastName: "Person" };

type Act = (scene: Scene, source: Source, random: Random) => unknown;

const ACTS: { weight: number; act: Act }[] = [
  { weight: 3, act: hire },
  { weight: 3, act: (scene, source, random) => leave(scene, source, pickPerson(scene, source, false), random) },
  { weight: 3, act: (scene, source) => comeBack(scene, source, pickPerson(scene, source, true)) },
  { weight: 0.6, act: remove },
  {
    weight: 5,
    act: (scene, source, random) => join(scene, source, pickPerson(scene, source), pickGroup(source, random)),
  },
  { weight: 5, act: (scene, source, random) => quit(scene, source, pickGroup(source, random), random) },
  { weight: 0.8, act: changeEmail },
  { weight: 0.7, act: createGroup },
  { weight: 0.7, act: renameGroup },
  { weight: 0.3, act: deleteGroup },
];

/** One thing that an administrator does in one of the directories. */
export function change(scene: Scene): void {
  const { random } = scene.setting;
  const source = pick(random, scene.sources);
  let point = random() * ACTS.reduce((sum, { weight }) => sum + weight, 0);
  for (const { weight, act } of ACTS) {
    point -= weight;
    if (point >= 0) continue;
    act(scene, source, random);
    return;
  }
}

/** Somebody, or somebody's membership, goes and comes back within milliseconds, or the other way round. */
export async function flicker(scene: Scene): Promise<void> {
  const { random } = scene.setting;
  const source = pick(random, scene.sources);
  const pauseMs = random() < 0.3 ? 0 : random() * 30;
  const group = pickGroup(source, random);
  if (random() < 0.5 || group === undefined) {
    const user = pickUser(source, random, false);
    if (user === undefined) return;
    scene.change(source, "suspends", [user], (options) => source.okta.admin.suspend(user, options));
    await sleep(pauseMs);
    comeBack(scene, source, user);
    return;
  }
  const user = pickUser(source, random);
  if (user === undefined) return;
  const inside = source.okta.state.members.has(group, user);
  move(scene, source, user, group, !inside);
  await sleep(pauseMs);
  move(scene, source, user, group, inside);
}

/** Somebody leaves, or loses a membership, and is back after the bridge has begun to act on it. */
export async function leaveAndReturn(scene: Scene): Promise<void> {
  const { random } = scene.setting;
  const source = pick(random, scene.sources);
  const user = pickPerson(scene, source, false);
  const group = pickGroup(source, random);
  const pauseMs = 100 + random() * 1_900;
  if (user === undefined) return;
  if (random() < 0.6 || group === undefined) {
    leave(scene, source, user, random);
    await sleep(pauseMs);
    // Memberships of somebody without access are put right before the access comes back.
    for (let times = Math.floor(random() * 4); times > 0 && group !== undefined; times--) {
      const other = pickGroup(source, random) ?? group;
      move(scene, source, user, other, random() < 0.5);
    }
    comeBack(scene, source, user);
    return;
  }
  const inside = source.okta.state.members.has(group, user);
  move(scene, source, user, group, !inside);
  await sleep(pauseMs);
  if (source.okta.state.users.has(user) && source.okta.state.groups.has(group))
    move(scene, source, user, group, inside);
}

/** Somebody is hired, or leaves and returns, and exactly the calls that this needs are met by trouble. */
export async function ambushed(scene: Scene): Promise<void> {
  const { random } = scene.setting;
  ambush(scene);
  if (random() < 0.6) {
    await leaveAndReturn(scene);
    return;
  }
  const source = pick(random, scene.sources);
  const user = hire(scene, source, random);
  await sleep(200 + random() * 1_500);
  // Another hint for the same person while it is not known yet what became of the invitation.
  join(scene, source, user, pickGroup(source, random));
}

/** Many changes of one group at once: people join, leave, or both, some of them several times. */
export function burst(scene: Scene): void {
  const { random, theme } = scene.setting;
  const source = pick(random, scene.sources);
  const group = pickGroup(source, random);
  const users = [...source.okta.state.users.keys()];
  if (group === undefined || users.length === 0) return;
  const most = theme === "burst" || theme === "include" ? 300 : 60;
  const count = 10 + Math.floor(random() * most);
  const mood = pick(random, ["join", "leave", "mixed"]);
  scene.together(source, () => {
    for (let at = 0; at < count; at++) {
      const inside = mood === "join" || (mood === "mixed" && random() < 0.5);
      move(scene, source, pick(random, users), group, inside);
    }
  });
}

function pickUser(source: Source, random: Random, disabled?: boolean): string | undefined {
  const users = [...source.okta.state.users.keys()].filter(
    (user) => disabled === undefined || isDisabled(source, user) === disabled,
  );
  return users.length === 0 ? undefined : pick(random, users);
}

/** Rather somebody whom an administrator has touched in Bitwarden: what is done by hand shows later. */
function pickPerson(scene: Scene, source: Source, disabled?: boolean): string | undefined {
  const { random } = scene.setting;
  const fits = (user: string): boolean => disabled === undefined || isDisabled(source, user) === disabled;
  const isTouched = (user: string): boolean => scene.hands.touched.has(scene.people.nameOf(user) ?? "");
  const touched = [...source.okta.state.users.keys()].filter((user) => fits(user) && isTouched(user));
  const point = random();
  return touched.length > 0 && point < 0.4 ? pick(random, touched) : pickUser(source, random, disabled);
}

/** The first groups more often: those that decide who takes part are among them. */
function pickGroup(source: Source, random: Random): string | undefined {
  const groups = ordinaryGroups(source);
  if (groups.length === 0) return undefined;
  return random() < 0.3 ? groups[0] : pick(random, groups);
}

function hire(scene: Scene, source: Source, random: Random): string {
  const { admin } = source.okta;
  const email = `${source.name}.new${String(scene.changes)}@example.com`;
  const groups = ordinaryGroups(source);
  const id = scene.change(source, "hires", [email], (options) => admin.createUser({ ...HIRE, email }, options));
  for (let at = 0; at < 2 && groups.length > 0; at++) move(scene, source, id, pick(random, groups), true);
  return id;
}

function leave(scene: Scene, source: Source, user: string | undefined, random: Random): void {
  if (user === undefined || isDisabled(source, user)) return;
  const { admin } = source.okta;
  if (random() < 0.6) scene.change(source, "suspends", [user], (options) => admin.suspend(user, options));
  else scene.change(source, "deactivates", [user], (options) => admin.deactivate(user, options));
}

function comeBack(scene: Scene, source: Source, user: string | undefined): void {
  if (user === undefined) return;
  const { admin, state } = source.okta;
  const status = state.users.get(user)?.status;
  if (status === "SUSPENDED") scene.change(source, "unsuspends", [user], (options) => admin.unsuspend(user, options));
  if (status === "DEPROVISIONED")
    scene.change(source, "reactivates", [user], (options) => admin.reactivate(user, options));
}

function remove(scene: Scene, source: Source, random: Random): void {
  const user = pickUser(source, random);
  if (user === undefined) return;
  scene.change(source, "deletes", [user], (options) => source.okta.admin.deleteUser(user, options));
}

function join(scene: Scene, source: Source, user: string | undefined, group: string | undefined): void {
  if (user !== undefined && group !== undefined) move(scene, source, user, group, true);
}

function quit(scene: Scene, source: Source, group: string | undefined, random: Random): void {
  const users = group === undefined ? [] : source.okta.state.members.usersOf(group);
  if (group !== undefined && users.length > 0) move(scene, source, pick(random, users), group, false);
}

function move(scene: Scene, source: Source, user: string, group: string, inside: boolean): void {
  const { admin, state } = source.okta;
  if (state.members.has(group, user) === inside) return;
  const name = state.groups.get(group)?.profile.name ?? group;
  if (inside) scene.change(source, `adds to ${name}`, [user], (options) => admin.addToGroup(user, group, options));
  else scene.change(source, `takes from ${name}`, [user], (options) => admin.removeFromGroup(user, group, options));
}

/** Not with two directories: whom they share is known by the address. */
function changeEmail(scene: Scene, source: Source, random: Random): void {
  const user = pickUser(source, random);
  if (user === undefined || scene.sources.length > 1) return;
  const email = `changed${String(scene.changes)}@example.com`;
  scene.change(source, `changes the address to ${email}`, [user], (options) =>
    source.okta.admin.updateProfile(user, { email, login: email }, options),
  );
}

function createGroup(scene: Scene, source: Source, random: Random): void {
  const name = `${source.name} project ${String(scene.changes)}`;
  const group = scene.change(source, "creates", [name], (options) => source.okta.admin.createGroup(name, options));
  for (let at = 0; at < 3; at++) join(scene, source, pickUser(source, random), group);
}

/** With included groups a name decides who takes part: one is renamed out of scope, or back into it. */
function renameGroup(scene: Scene, source: Source, random: Random): void {
  const group = pickGroup(source, random);
  if (group === undefined) return;
  const taken = new Set(Array.from(source.okta.state.groups.values(), ({ profile }) => profile.name));
  const free = (source.included ?? []).filter((name) => !taken.has(name));
  const name = free.length > 0 && random() < 0.7 ? pick(random, free) : `Renamed ${String(scene.changes)}`;
  scene.change(source, `renames to ${name}`, [group], (options) => source.okta.admin.renameGroup(group, name, options));
}

function deleteGroup(scene: Scene, source: Source, random: Random): void {
  const groups = ordinaryGroups(source);
  if (groups.length < 3) return;
  const group = pick(random, groups);
  scene.change(source, "deletes the group", [group], (options) => source.okta.admin.deleteGroup(group, options));
}
