import { expect, test } from "vitest";
import { BridgeError } from "../../src/domain/errors.ts";
import { createLog } from "../../src/observe/log.ts";

const SECRET = 'pa"ss\\word-of-Ada';

function capture(secrets: readonly string[] = [SECRET]) {
  const lines: string[] = [];
  const log = createLog({ level: "info", secrets: () => secrets, destination: { write: (line) => lines.push(line) } });
  return { log, lines, last: (): unknown => JSON.parse(lines.at(-1) ?? "null") };
}

test("an entry is one JSON line with level in words, time in ISO and the fields", () => {
  const { log, lines, last } = capture();

  log.info({ connection: "okta-main", events: 2 }, "hook");

  expect(lines.join("").split("\n")).toHaveLength(2);
  expect(last()).toMatchObject({ level: "info", connection: "okta-main", events: 2, msg: "hook" });
  expect(last()).toHaveProperty("time", expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/));
});

test("entries below the level are not written", () => {
  const { log, lines } = capture();

  log.debug("detail");

  expect(lines).toEqual([]);
});

test.each([
  ["a header", { headers: { Authorization: "SSWS abc", "set-cookie": ["abc"], "Proxy-Authorization": "abc" } }],
  ["a field", { clientSecret: "abc", password: "abc", apiKey: "abc", "x-api-key": "abc", private_key: "abc" }],
  ["a field deep inside", { config: { connections: [{ directory: { token: "abc" } }] } }],
  ["an object under such a name", { credentials: { user: "abc" } }],
])("%s that carries credentials by its name is censored", (_name, fields) => {
  const { log, lines } = capture();

  log.info(fields, "entry");

  expect(lines[0]).toContain("[secret]");
  expect(lines[0]).not.toContain("abc");
});

test("numbers and switches under such a name are not secrets", () => {
  const { log, last } = capture();

  log.info({ secrets: 2, tokenValid: true, password: null });

  expect(last()).toMatchObject({ secrets: 2, tokenValid: true, password: null });
});

test("a known secret never appears: in messages, fields, errors, stacks, causes, children", () => {
  const { log, lines } = capture();
  const cause = new Error(`cause ${SECRET}`);
  const error = new Error(`GET https://x/?k=${SECRET} failed`, { cause });

  log.info(`message ${SECRET}`);
  log.info({ note: SECRET, list: [`a${SECRET}b`] });
  log.error({ error });
  log.error(error);
  log.child({ who: SECRET }).warn("child");

  expect(lines).toHaveLength(5);
  expect(lines.join("")).not.toContain("word-of-Ada");
  for (const line of lines) expect(JSON.stringify(JSON.parse(line))).toContain("[secret]");
});

test("secrets are asked for at every entry, and words too short to be one are left alone", () => {
  const secrets = ["the"];
  const { log, lines } = capture(secrets);
  log.info("the rotated-secret");
  secrets.push("rotated-secret");
  log.info("the rotated-secret");

  expect(lines[0]).toContain("the rotated-secret");
  expect(lines[1]).toContain("the [secret]");
});

test("of an error only named fields are written, not what clients hang on it", () => {
  const { log, last } = capture();
  const error = Object.assign(new Error("boom"), { config: { url: "https://internal" }, response: { body: "people" } });

  log.error({ error }, "failed");

  expect(last()).toMatchObject({ error: { name: "Error", message: "boom" } });
  expect(last()).not.toHaveProperty("error.config");
  expect(last()).not.toHaveProperty("error.response");
});

test("an error of ours says code, side, subject, remedy and retry", () => {
  const { log, last } = capture();
  const facts = {
    code: "STORE_FAILED",
    side: "bridge",
    remedy: "Free some disk.",
    retry: "later",
    subject: "a/b",
  } as const;

  log.error({ error: new BridgeError({ ...facts, message: "disk full" }) });

  expect(last()).toMatchObject({ error: { ...facts, message: "disk full" } });
});

test("a circular object is cut, dates stay dates", () => {
  const { log, last } = capture();
  const loop: Record<string, unknown> = { at: new Date(0) };
  loop["self"] = loop;

  log.info({ loop });

  expect(last()).toMatchObject({ loop: { at: "1970-01-01T00:00:00.000Z" } });
});
