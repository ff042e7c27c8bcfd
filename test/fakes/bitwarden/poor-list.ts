import { z } from "zod";
import type { Answer } from "./answers.ts";
import { OWNER } from "./model.ts";

/** What is left of a list of members. */
export type Left = "nobody" | "owner" | "two thirds";

const list = z.object({
  object: z.literal("list"),
  data: z.array(z.looseObject({ type: z.number().exactOptional() })),
});

/** The same answer with less in it; one that is no list stays as it is. */
export function poorer(answer: Answer, left: Left): Answer {
  const read = list.safeParse(answer.json);
  if (!read.success) return answer;
  const { data } = read.data;
  const kept = {
    nobody: () => [],
    owner: () => data.filter(({ type }) => type === OWNER),
    "two thirds": () => data.filter((_item, index) => index % 3 !== 2),
  };
  return { ...answer, json: { object: "list", data: kept[left]() } };
}
