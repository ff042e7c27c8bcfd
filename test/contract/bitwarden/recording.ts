import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/**
 * Recorded questions and answers of the official server. Each scenario starts with an empty organization that has one
 * confirmed owner; each step is a call, an act of somebody outside the Public API, or a look at everything.
 */

const save = z.record(z.string(), z.string()).exactOptional();

const call = z.strictObject({
  method: z.string(),
  path: z.string(),
  /** Sent as JSON. */
  body: z.unknown().optional(),
  /** Sent as it is. */
  rawBody: z.string().exactOptional(),
  form: z.record(z.string(), z.string()).exactOptional(),
  headers: z.record(z.string(), z.string()).exactOptional(),
  /** False: without a token. */
  auth: z.boolean().exactOptional(),
  service: z.enum(["api", "identity"]).exactOptional(),
});

const answer = z.strictObject({
  status: z.number(),
  body: z.unknown(),
  headers: z.record(z.string(), z.string()).exactOptional(),
});

const callStep = z.strictObject({ call, expect: answer.exactOptional(), save });

const step = z.union([
  callStep,
  z.looseObject({ act: z.string(), expect: z.unknown().optional(), save }),
  z.strictObject({ state: z.unknown() }),
  z.strictObject({ count: z.unknown() }),
  z.strictObject({ events: z.unknown() }),
]);

const scenario = z.looseObject({
  name: z.string(),
  /** Null: unlimited. */
  seats: z.number().nullable().exactOptional(),
  /** Null: no cap. */
  maxAutoscaleSeats: z.number().nullable().exactOptional(),
  cloud: z.boolean().exactOptional(),
  /** Feature flags that are on. */
  flags: z.array(z.string()).exactOptional(),
  mail: z.enum(["works", "fails"]).exactOptional(),
  /** False: answered by a stand-in for a part of the server. */
  genuine: z.boolean().exactOptional(),
  steps: z.array(step).min(1),
});

const recording = z.looseObject({ scenarios: z.array(scenario).min(1, "holds no scenario") });

export type Call = z.infer<typeof call>;
export type CallStep = z.infer<typeof callStep>;
export type Step = z.infer<typeof step>;
export type Scenario = z.infer<typeof scenario>;

export interface Recording {
  /** The name of the file. */
  file: string;
  scenarios: Scenario[];
}

/** All recordings of a folder, by name. Throws with a sentence when there is none, or one that cannot be read. */
export function readRecordings(folder: string): Recording[] {
  const files = namesIn(folder)
    .filter((name) => name.endsWith(".json"))
    .sort();
  if (files.length === 0) throw new Error(`${folder} holds no recordings (*.json).`);
  return files.map((file) => ({ file, scenarios: readScenarios(join(folder, file)) }));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new Error(`The folder ${folder} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function readScenarios(path: string): Scenario[] {
  try {
    return recording.parse(JSON.parse(readFileSync(path, "utf8"))).scenarios;
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new Error(`${path} is no recording: ${why}`, { cause: error });
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
