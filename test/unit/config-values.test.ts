import { describe, expect, test } from "vitest";
import { cadenceSchema, cadenceText, cronProblem } from "../../src/config/schema/cadence.ts";
import { resolveServer, serverProblem } from "../../src/config/schema/bitwarden-host.ts";
import { addressSchema, addressText, isLoopback } from "../../src/config/schema/values.ts";
import { suggest } from "../../src/lib/suggest.ts";

test.each([
  ["30s", { kind: "every", everyMs: 30_000 }],
  ["5m", { kind: "every", everyMs: 300_000 }],
  ["2h", { kind: "every", everyMs: 7_200_000 }],
  ["1d", { kind: "every", everyMs: 86_400_000 }],
  ["off", { kind: "off" }],
  ["*/5 9-17 * jan,feb mon-fri", { kind: "cron", expression: "*/5 9-17 * jan,feb mon-fri" }],
])("the cadence %s is read and written", (text, cadence) => {
  const read = cadenceSchema().parse(text);

  expect(read).toEqual(cadence);
  expect(cadenceText(read)).toBe(text);
});

test.each(["60s", "120m", "24h"])("a duration such as %s is written in its largest unit", (text) => {
  const read = cadenceSchema().parse(text);

  expect(cadenceSchema().parse(cadenceText(read))).toEqual(read);
});

describe("cron expressions", () => {
  test.each(["* * * * *", "0 3 * * *", "0,30 */2 1-15/3 * 7", "5/10 * * DEC SUN", "0 0 29 2 *", "0 0 31 4 mon"])(
    "%s is one",
    (text) => {
      expect(cronProblem(text)).toBeUndefined();
    },
  );

  test.each([
    "",
    "* * * *",
    "* * * * * *",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * * 13 *",
    "* * * * 8",
    "a * * * *",
    "5-1 * * * *",
    "*/0 * * * *",
    "*-5 * * * *",
    "1,, * * * *",
    "-1 * * * *",
    "0 0 30 2 *",
    "0 0 31 4,6 *",
    "0 0 31 4 */2",
  ])("%j is none", (text) => {
    expect(cronProblem(text)).toEqual(expect.any(String));
  });
});

describe("the Bitwarden server", () => {
  const us = { urls: { api: "https://api.bitwarden.com", identity: "https://identity.bitwarden.com" }, cloud: true };
  const eu = { urls: { api: "https://api.bitwarden.eu", identity: "https://identity.bitwarden.eu" }, cloud: true };

  test.each([
    [{ region: "us" as const }, us],
    [{ region: "eu" as const }, eu],
    [
      { region: "us-gov" as const },
      { urls: { api: "https://api.bitwarden-gov.com", identity: "https://identity.bitwarden-gov.com" }, cloud: true },
    ],
    [{ serverUrl: "https://vault.bitwarden.com" }, us],
    [{ serverUrl: "https://bitwarden.com" }, us],
    [{ serverUrl: "https://VAULT.bitwarden.eu./some/page" }, eu],
    [{ apiUrl: "https://api.bitwarden.eu", identityUrl: "https://identity.bitwarden.eu" }, eu],
    [{ apiUrl: "https://vault.bitwarden.com/api", identityUrl: "https://vault.bitwarden.com/identity" }, us],
    [
      { serverUrl: "https://vault.example.com/bw" },
      {
        urls: { api: "https://vault.example.com/bw/api", identity: "https://vault.example.com/bw/identity" },
        cloud: false,
      },
    ],
    [
      { serverUrl: "https://vault.bitwarden.com.example.com" },
      {
        urls: {
          api: "https://vault.bitwarden.com.example.com/api",
          identity: "https://vault.bitwarden.com.example.com/identity",
        },
        cloud: false,
      },
    ],
    [
      { apiUrl: "http://127.0.0.1:1", identityUrl: "http://127.0.0.1:2" },
      { urls: { api: "http://127.0.0.1:1", identity: "http://127.0.0.1:2" }, cloud: false },
    ],
  ])("%j", (words, server) => {
    expect(serverProblem(words)).toBeUndefined();
    expect(resolveServer(words)).toEqual(server);
  });

  test("is one server, not two halves of different ones", () => {
    expect(
      serverProblem({ apiUrl: "https://api.bitwarden.com", identityUrl: "https://identity.bitwarden.eu" }),
    ).toEqual({
      key: "identityUrl",
      message: "must belong to the same server as apiUrl",
    });
  });
});

test.each([
  ["localhost", true],
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["[::1]", true],
  ["::1", true],
  ["127.0.0.1.example.com", false],
  ["localhost.example.com", false],
  ["10.0.0.1", false],
  ["[::2]", false],
])("%s is this machine: %s", (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback);
});

test.each(["0.0.0.0:8080", "[::1]:0", "bridge.local:65535"])("the address %s is read and written", (text) => {
  expect(addressText(addressSchema().parse(text))).toBe(text);
});

test.each(["", "8080", "host", "host:", "host:65536", "[host]:1", "::1:80", "a b:1", "http://x:1"])(
  "%j is no address",
  (text) => {
    expect(addressSchema().safeParse(text).success).toBe(false);
  },
);

test.each([
  ["orgURL", "orgUrl"],
  ["mdoe", "mode"],
  ["protcted", "protected"],
  ["us", undefined],
  ["x".repeat(65), undefined],
])("%s probably means %s", (word, meant) => {
  expect(suggest(word, ["mode", "orgUrl", "protected"])).toBe(meant);
});
