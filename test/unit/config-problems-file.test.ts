import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config/parse.ts";
import { complaint } from "./fixtures/complaint.ts";
import { oktaConnection, organization, withPath } from "./fixtures/config.ts";

const okta = { organizations: [organization()], connections: [oktaConnection()] };

describe("mistakes between entries", () => {
  const second = organization({ name: "beta", clientId: "organization.00000000-0000-0000-0000-000000000002" });
  const cases: [string, unknown, string][] = [
    [
      "a name in capitals",
      { organizations: [{ ...organization(), name: "Acme" }] },
      "organizations[0].name: must be 1 to 41 lower-case letters, digits or hyphens, not starting with a hyphen",
    ],
    ["no organization", { organizations: [] }, "organizations: must have at least 1 entry"],
    ["an empty file", "", "organizations: is required"],
    ["a list", "[]", "(file): must be a section with keys, not a list"],
    [
      "one name twice",
      { organizations: [organization(), { ...second, name: "acme" }] },
      "organizations[1].name: is already the name of organizations[0]",
    ],
    [
      "one connection name twice",
      {
        organizations: [organization(), second],
        connections: [oktaConnection(), { ...oktaConnection(), organization: "beta" }],
      },
      "connections[1].name: is already the name of connections[0]",
    ],
    [
      "one target twice",
      { organizations: [organization(), organization({ name: "beta" })] },
      "organizations[1].bitwarden.clientId: is the Bitwarden organization of organizations[0]: each has one writer",
    ],
    [
      "two paces on one host",
      { organizations: [organization(), withPath(second, "bitwarden.pace", { writesPerSecond: 2 })] },
      "organizations[1].bitwarden.pace: must be the same as of organizations[0]: both are on api.bitwarden.com, which counts them together",
    ],
    [
      "one address twice",
      { ...okta, listen: { hooks: "127.0.0.1:1", admin: "127.0.0.1:1" } },
      "listen.admin: must differ from listen.hooks",
    ],
    [
      "a region and a URL",
      withPath(okta, "organizations[0].bitwarden.serverUrl", "https://vault.x.com"),
      "organizations[0].bitwarden.region: name the server in exactly one way: region, serverUrl, or apiUrl and identityUrl",
    ],
    [
      "an API without identity",
      withPath(okta, "organizations[0].bitwarden.apiUrl", "https://a.x.com"),
      "organizations[0].bitwarden.identityUrl: is required beside apiUrl",
    ],
    [
      "an identity without API",
      withPath(okta, "organizations[0].bitwarden.identityUrl", "https://a.x.com"),
      "organizations[0].bitwarden.apiUrl: is required beside identityUrl",
    ],
  ];

  test.each(cases)("%s", (_what, file, line) => {
    expect(complaint(file)).toBe(`/etc/bridge.yaml has 1 problem:\n  ${line}`);
  });
});

test("all problems come at once, in the order of the file, with their lines", () => {
  const text = [
    "trustProxy: many",
    "organizations:",
    "  - name: acme",
    "    regoin: us",
    "connections:",
    "  - name: okta-main",
    "    organization: nobody",
    "    directory: { type: okta, orgUrl: 'http://x.okta.com', token: hunter2 }",
  ].join("\n");

  expect(() => parseConfig(text, "/etc/bridge.yaml")).toThrow(
    [
      "/etc/bridge.yaml has 6 problems:",
      "  trustProxy: must be a number, not a string (line 1)",
      "  organizations[0].bitwarden: is required (line 3)",
      "  organizations[0].regoin: unknown key (line 4)",
      "  connections[0].organization: names no organization of this file (line 7)",
      "  connections[0].directory.orgUrl: must be an https URL (http only to loopback) (line 8)",
      "  connections[0].directory.token: must be a reference: { file: /run/secrets/name } or { env: NAME }, never the secret itself (line 8)",
    ].join("\n"),
  );
});

test.each([
  ["a: [1, 2\nb: 3", "line 2, column 1: wrong indentation, or a bracket that is not closed"],
  ["a: b: c", "line 1, column 4: a second `key:` on one line (quote texts that contain a colon and a blank)"],
  ["a: 1\na: 2", "line 2, column 1: the same key twice in one section"],
  ["a:\n\t- b", "line 2, column 1: a tab as indentation (use blanks)"],
  ["token: !hunter2 x", "line 1, column 8: an unknown `!tag`"],
  ["a: 1\n---\nb: 2", "line 2, column 1: more than one document (`---`)"],
  ["token: *hunter2", "an alias (`*name`) that cannot be resolved, or too much nesting"],
])("a syntax error says where it is, without the text: %j", (text, problem) => {
  const message = complaint(text);

  expect(message).toContain(`  ${problem}`);
  expect(message).not.toContain("hunter2");
});

test("a file beyond all reason is not parsed", () => {
  expect(complaint(" ".repeat(1_000_001))).toBe("/etc/bridge.yaml has 1 problem:\n  longer than 1000000 characters");
  expect(complaint("[".repeat(100_000))).toContain("too deeply nested");
});
