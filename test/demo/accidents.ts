import type { Company } from "./company.ts";
import { callsText, countCalls } from "./calls.ts";
import { duration, many, type Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";
import { HELD_EXIT } from "./start.ts";

const MASS_LEAVERS = 30;

/** A change of which neither a hook nor the log ever speaks: only a full comparison finds it. */
export async function loseEvent(stage: Stage, screen: Screen, company: Company): Promise<void> {
  const { okta, bitwarden } = stage;
  const person = company.castMember();
  screen.event("lost event", `${person.name} is deactivated, but neither hook nor log says so`);
  okta.admin.deactivate(person.id, { silent: true });
  await stage.settled();
  screen.effect(
    "nothing",
    "still a member of Bitwarden: events are best effort, so the bridge never relies on them alone",
    "quiet",
  );
  const before = bitwarden.history.last;
  const startedAt = performance.now();
  await stage.cli(["sync", "--full"]);
  await stage.until("the full comparison revokes the person of the lost event", () => !company.isMember(person.id));
  const tookMs = performance.now() - startedAt;
  await stage.settled();
  const calls = countCalls(bitwarden.history.after(before));
  screen.effect(duration(tookMs), `bwbridge sync --full → Bitwarden: ${callsText(calls)}`, "done");
  screen.why(
    "A full comparison runs every night anyway, and here by hand. Being absent from a list revokes nobody: it only makes the bridge ask Okta about that one person.",
  );
}

/** A mistake in Okta that would lock out a sixth of the company: held, shown, undone. Answers how many were held. */
export async function massLeave(stage: Stage, screen: Screen, company: Company): Promise<number> {
  const { okta, bitwarden } = stage;
  const people = company.cast(Math.min(MASS_LEAVERS, Math.floor(company.activeCount() / 6)));
  screen.event("accident", `a mistaken rule deactivates ${people.length} people at once`);
  const before = bitwarden.history.last;
  const startedAt = performance.now();
  for (const { id } of people) okta.admin.deactivate(id);
  let held = 0;
  await stage.until("the guard holds the mass leave", async () => {
    held = (await stage.health()).held;
    return held + people.filter(({ id }) => !company.isMember(id)).length >= people.length;
  });
  const tookMs = performance.now() - startedAt;
  await stage.settled();
  const calls = countCalls(bitwarden.history.after(before));
  const still = people.filter(({ id }) => company.isMember(id)).length;
  const text = `${held} held, ${still} of ${people.length} still have access → Bitwarden: ${callsText(calls)}`;
  screen.effect(duration(tookMs), text, "quiet");
  screen.why(
    "Without a person's word no more than 25 members, or 5 % of them, may leave within 24 hours. What would pass the limit is held as a whole: not even the first is let through.",
  );
  const shown = await stage.cli(["held", "list"], [0, HELD_EXIT]);
  screen.quote("bwbridge held list", shown.stdout, 6);
  await undo(stage, screen, company, people);
  return held;
}

async function undo(stage: Stage, screen: Screen, company: Company, people: { id: string }[]): Promise<void> {
  const { okta } = stage;
  screen.event("undone", `the rule is repaired, the ${people.length} people are active again`);
  const startedAt = performance.now();
  for (const { id } of people) okta.admin.reactivate(id);
  await stage.until("nothing is held any more", async () => {
    return (await stage.health()).held === 0 && people.every(({ id }) => company.isMember(id));
  });
  screen.effect(duration(performance.now() - startedAt), "nothing is held any more, nobody was locked out", "done");
  screen.why(
    `What is held is planned again with every change. Had it been right, \`bwbridge held approve\` would have let ${many(people.length, "revocation")} go.`,
  );
}
