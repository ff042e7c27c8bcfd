import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { loadConfig } from "../../src/config/load.ts";
import { processSurroundings } from "../../src/config/environment.ts";
import { oktaConnection, organization } from "./fixtures/config.ts";

const text = stringify({ organizations: [organization()], connections: [oktaConnection()] });

/** Surroundings that hold exactly these files. */
function holding(files: Record<string, string>) {
  return {
    ...processSurroundings(),
    readFile(path: string): Buffer {
      const content = files[path];
      if (content !== undefined) return Buffer.from(content);
      throw Object.assign(new Error("missing"), { code: "ENOENT" });
    },
  };
}

test("the file that was named is read", async () => {
  const path = await mkdtemp(join(tmpdir(), "bwbridge-config-"));
  await using folder = { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
  const file = join(folder.path, "other.yaml");
  await writeFile(file, text);

  expect(loadConfig(file)).toMatchObject({ file, store: { sqlite: join(folder.path, "data/bridge.db") } });
});

test("without a name the working folder comes first, then /etc/bwbridge", () => {
  const here = resolve("bridge.yaml");
  const etc = "/etc/bwbridge/bridge.yaml";

  expect(loadConfig(undefined, holding({ [here]: text, [etc]: text })).file).toBe(here);
  expect(loadConfig(undefined, holding({ [etc]: text })).file).toBe(etc);
});

test("a missing file is told with the places that were looked at", () => {
  expect(() => loadConfig(undefined, holding({}))).toThrow(
    expect.objectContaining({
      code: "CONFIG_INVALID",
      message: `no configuration file: looked for ${resolve("bridge.yaml")} and /etc/bwbridge/bridge.yaml`,
    }),
  );
  expect(() => loadConfig("/nowhere.yaml", holding({}))).toThrow("no configuration file: looked for /nowhere.yaml");
});

test("a file that cannot be read is told with the reason", () => {
  expect(() => loadConfig(tmpdir())).toThrow(`${resolve(tmpdir())} cannot be read: it is a folder`);
  expect(() => loadConfig("/dev/zero")).toThrow("/dev/zero cannot be read: it is too large");
});
