import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { BridgeError } from "../../src/domain/errors.ts";
import { checkSecrets } from "../../src/config/secrets/check.ts";
import { processSurroundings } from "../../src/config/environment.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { resolveSecret } from "../../src/config/secrets/resolve.ts";
import { Secret } from "../../src/config/secrets/secret.ts";
import { oktaConnection, organization } from "./fixtures/config.ts";

const VALUE = "hunter2-hunter2";

async function folder() {
  const path = await mkdtemp(join(tmpdir(), "bwbridge-secrets-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

function surroundings(env: Record<string, string>) {
  return { ...processSurroundings(), env };
}

test("a secret prints as [secret] everywhere but where it is revealed", () => {
  const secret = new Secret(VALUE);

  const printed = [String(secret), JSON.stringify({ secret }), inspect({ secret }, { showHidden: true, depth: 9 })];

  expect(printed.join()).not.toContain(VALUE);
  expect(printed).toEqual(["[secret]", '{"secret":"[secret]"}', "{ secret: [secret] }"]);
  expect(JSON.stringify(Object.getOwnPropertyDescriptors(secret))).toBe("{}");
  expect(secret.reveal()).toBe(VALUE);
});

test("a secret in the environment is read when it is needed, so a rotated one is seen", () => {
  const env = { TOKEN: VALUE };

  expect(resolveSecret({ env: "TOKEN" }, surroundings(env)).reveal()).toBe(VALUE);
  env.TOKEN = "next";
  expect(resolveSecret({ env: "TOKEN" }, surroundings(env)).reveal()).toBe("next");
});

test("a secret in a file loses the line break at its end and nothing else, and is read again each time", async () => {
  await using place = await folder();
  const file = join(place.path, "token");

  await writeFile(file, ` ${VALUE} \r\n`);
  expect(resolveSecret({ file }).reveal()).toBe(` ${VALUE} `);
  await writeFile(file, "two\nlines\n");
  expect(resolveSecret({ file }).reveal()).toBe("two\nlines");
});

describe("a secret that cannot be used names its place", () => {
  function refusal(reference: { file: string } | { env: string }): string {
    try {
      resolveSecret(reference, surroundings({ EMPTY: "  " }));
    } catch (thrown) {
      if (!(thrown instanceof BridgeError)) throw thrown;
      expect(thrown).toMatchObject({ code: "CONFIG_INVALID", retry: "never" });
      return thrown.message;
    }
    return "no refusal";
  }

  test("in the environment", () => {
    expect(refusal({ env: "NOPE" })).toBe("the secret in environment variable NOPE is not set");
    expect(refusal({ env: "EMPTY" })).toBe("the secret in environment variable EMPTY is empty");
  });

  test("in a file", async () => {
    await using place = await folder();
    const file = join(place.path, "token");

    expect(refusal({ file })).toBe(`the secret in file ${file} cannot be read: it does not exist`);
    expect(refusal({ file: place.path })).toBe(`the secret in file ${place.path} cannot be read: it is a folder`);
    await writeFile(file, "\n");
    expect(refusal({ file })).toBe(`the secret in file ${file} is empty`);
    await writeFile(file, "x".repeat(64 * 1024));
    expect(refusal({ file })).toBe("no refusal");
    await writeFile(file, "x".repeat(64 * 1024 + 1));
    expect(refusal({ file })).toBe(`the secret in file ${file} cannot be read: it is too large`);
    expect(refusal({ file: "/dev/zero" })).toBe("the secret in file /dev/zero cannot be read: it is too large");
  });
});

test("all secrets of a configuration are looked at, and open files are warned about", async () => {
  await using place = await folder();
  const file = { organizations: [organization()], connections: [oktaConnection()] };
  const config = parseConfig(stringify(file), join(place.path, "bridge.yaml"));
  const token = join(place.path, "okta.token");
  await writeFile(token, VALUE, { mode: 0o640 });

  const findings = checkSecrets(config, surroundings({ BW_CLIENTSECRET: VALUE }));

  expect(findings).toEqual({
    problems: [
      "connections[0].push.secrets: the secret in environment variable HOOK_SECRET is not set. Set HOOK_SECRET for the bridge's process.",
    ],
    warnings: [`connections[0].directory.token: ${token} can be read by other users of this machine: chmod 600 it`],
  });

  await chmod(token, 0o600);
  const better = checkSecrets(config, surroundings({ BW_CLIENTSECRET: VALUE, HOOK_SECRET: VALUE }));
  expect(better).toEqual({ problems: [], warnings: [] });
});
