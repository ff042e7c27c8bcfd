import { expect, test } from "vitest";
import { verdictOfPerson, hasVoice, isGuest } from "../../../src/domain/people/person.ts";
import { inputOf, type World } from "./world.ts";

/** The only person of a world. */
function judged(world: World) {
  const { model, sources } = inputOf(world);
  const [person] = model.people.values();
  if (!person) throw new Error("a world without people");
  return { person, sources };
}

test("a claim of a connection that is not in the configuration says nothing", () => {
  const { person } = judged({ directories: { legacy: { people: { ada: { state: "gone" } } } } });
  const none = new Map();
  expect(verdictOfPerson(person, none)).toEqual({ want: "keep" });
  expect(person.claims.map((claim) => hasVoice(claim, none))).toEqual([false]);
  expect(isGuest(person, none)).toBe(false);
});
