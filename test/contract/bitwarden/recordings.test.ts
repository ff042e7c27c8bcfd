import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readRecordings } from "./recording.ts";
import { replayScenario } from "./replay.ts";

const RECORDINGS = readRecordings(fileURLToPath(new URL(".", import.meta.url)));

describe.each(RECORDINGS)("the emulator answers what the official server answered: $file", ({ file, scenarios }) => {
  test.each(scenarios)("$name", async (scenario) => {
    expect(await replayScenario(file, scenario)).toBeNull();
  });
});
