import type { Company } from "./company.ts";
import { play, type Played, type Scene } from "./play.ts";
import { many, type Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";

const BURST = 60;

/** What happens on an ordinary day, one scene after the other: each begins when its forerunner has ended. */
export async function playDay(stage: Stage, screen: Screen, company: Company): Promise<Played[]> {
  const { admin } = stage.okta;
  const scenes = [
    () => joiner(admin, company),
    () => mover(admin, company),
    () => leaver(admin, company),
    ...onLeave(admin, company),
    () => rename(admin, company),
    () => newAddress(admin, company),
    () => burst(admin, company),
  ];
  const played: Played[] = [];
  for (const scene of scenes) played.push(await play(stage, screen, scene()));
  return played;
}

type Admin = Stage["okta"]["admin"];

function joiner(admin: Admin, company: Company): Scene {
  const teams = [company.teamNamed("Engineering"), company.teamNamed("Security")];
  let id = "";
  return {
    kind: "joiner",
    happened: `Ada Lovelace is hired: created, and put into ${teams.map(({ name }) => name).join(" and ")}`,
    act() {
      id = admin.createUser({ firstName: "Ada", lastName: "Lovelace", email: "ada.lovelace@example.com" });
      for (const team of teams) admin.addToGroup(id, team.id);
    },
    visible: () => company.isMember(id) && teams.every((team) => company.isIn(id, team.id)),
    why: "Okta's hook says only that she changed. The bridge reads her from Okta, invites her with an import that overwrites nobody, adds her to the groups, and reads both back.",
  };
}

function mover(admin: Admin, company: Company): Scene {
  const person = company.castMember();
  const [from] = company.teamsOf(person.id);
  const to = company.teams().find(({ id }) => !company.teamsOf(person.id).some((team) => team.id === id));
  if (from === undefined || to === undefined) throw new Error(`${person.name} cannot move`);
  return {
    kind: "mover",
    happened: `${person.name} moves from ${from.name} to ${to.name}`,
    act() {
      admin.removeFromGroup(person.id, from.id);
      admin.addToGroup(person.id, to.id);
    },
    visible: () => company.isIn(person.id, to.id) && !company.isIn(person.id, from.id),
    why: "Two events about one person cost one look at that person. What takes access away is written first.",
  };
}

function leaver(admin: Admin, company: Company): Scene {
  const person = company.castMember();
  return {
    kind: "leaver",
    happened: `${person.name} leaves the company and is deactivated`,
    act: () => admin.deactivate(person.id),
    visible: () => !company.isMember(person.id),
    why: "Nobody is revoked on the word of a hook: Okta itself must say that the person is gone. Then the revocation goes ahead of all other work, and is read back.",
  };
}

function onLeave(admin: Admin, company: Company): (() => Scene)[] {
  const person = company.castMember();
  return [
    () => ({
      kind: "suspended",
      happened: `${person.name} goes on a sabbatical and is suspended`,
      act: () => admin.suspend(person.id),
      visible: () => !company.isMember(person.id),
      why: "Revoked, not removed: the vault, the groups and the seat's history stay.",
    }),
    () => ({
      kind: "returned",
      happened: `${person.name} is back and no longer suspended`,
      act: () => admin.unsuspend(person.id),
      visible: () => company.isMember(person.id),
      why: "Restored, because it was this bridge that revoked. What an administrator revoked by hand stays revoked.",
    }),
  ];
}

function rename(admin: Admin, company: Company): Scene {
  const team = company.teamNamed("Design");
  const name = "Design & Research";
  return {
    kind: "rename",
    happened: `the group ${team.name} is renamed ${name}`,
    act: () => admin.renameGroup(team.id, name),
    visible: () => company.nameInBitwarden(team.id) === name,
    why: "Groups are known by Okta's id, so a new name is one small write; members and collections are untouched.",
  };
}

function newAddress(admin: Admin, company: Company): Scene {
  const person = company.castMember();
  return {
    kind: "new e-mail",
    happened: `${person.name} marries, and gets a new name and e-mail address`,
    act: () => admin.updateProfile(person.id, { email: person.email.replace("@", "-lindqvist@") }),
    why: "The address of a Bitwarden account belongs to its owner, and no API may change it. The bridge says so in its log and in `status`, and goes on: it knows people by Okta's id.",
  };
}

function burst(admin: Admin, company: Company): Scene {
  const team = company.teamNamed("Legal");
  const people = company.cast(
    Math.min(BURST, Math.floor(company.activeCount() / 3)),
    ({ id }) => !company.isIn(id, team.id),
  );
  return {
    kind: "burst",
    happened: `${many(people.length, "person", "people")} are put into ${team.name} at once: ${many(people.length, "event")}`,
    act() {
      for (const { id } of people) admin.addToGroup(id, team.id);
    },
    visible: () => people.every(({ id }) => company.isIn(id, team.id)),
    why: "Many people of one group are answered by one look at that group, and by one write with all of its members.",
  };
}
