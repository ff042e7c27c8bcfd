import { describe, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import { configJsonSchema, configTable } from "../../src/config/document.ts";
import { noColor } from "../../src/config/environment.ts";
import { keysOf } from "../../src/config/schema/keys.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { configSchema } from "../../src/config/schema/schema.ts";
import { scopeHash } from "../../src/config/scope-hash.ts";
import { showConfig } from "../../src/config/show.ts";
import { ldapConnection, oktaConnection, organization, withPath } from "./fixtures/config.ts";

const okta = { organizations: [organization()], connections: [oktaConnection()] };
const ldap = { organizations: [organization()], connections: [ldapConnection()] };

function parsed(file: unknown) {
  return parseConfig(stringify(file), "/etc/bwbridge/bridge.yaml");
}

describe("documentation", () => {
  test("every key says what it means", () => {
    const keys = [...keysOf(configSchema)];

    expect(keys.length).toBeGreaterThan(70);
    expect(keys.filter(({ marks }) => (marks.description ?? "") === "").map(({ path }) => path)).toEqual([]);
  });

  test("the tables hold type, default and meaning, also of secrets and of keys of one kind of directory", () => {
    const lines = configTable().split("\n");

    expect(lines).toContain(
      "| `trustProxy` | number | `0` | How many reverse proxies stand in front, exactly: so many addresses of `X-Forwarded-For` are believed. |",
    );
    expect(lines).toContain(
      "| `mode` | sync, observe | `sync` | `observe` plans and writes the journal, and never writes to Bitwarden. |",
    );
    expect(lines).toContain(
      "| `schedule.poll` | duration, cron or off | `5m` | How often changes are asked for (incremental). |",
    );
    expect(lines).toContain(
      "| `token` | secret reference | **required** | An API token of a read-only administrator (SSWS). |",
    );
    expect(lines).toContain("| `port` | number | 636 with `ssl`, else 389 | The server's port. |");
    expect(lines).toContain("**`connections[].directory` of type `ldap`**");
  });

  test("the JSON Schema describes what is written, with secrets as write-only references", () => {
    const text = JSON.stringify(configJsonSchema());

    expect(text).toContain('"writeOnly":true');
    expect(text).toContain('"description":"An API token of a read-only administrator (SSWS)."');
    for (const mark of ["secret", "path", "scope", "kind", "fallback"]) {
      expect(text).not.toMatch(new RegExp(`"${mark}":(true|")`));
    }
  });
});

test("what is shown holds defaults and references, and nothing derived", () => {
  const shown = showConfig(parsed(okta));

  expect(shown.organizations[0]?.bitwarden).toEqual({
    region: "us",
    clientId: "organization.00000000-0000-0000-0000-000000000001",
    clientSecret: { env: "BW_CLIENTSECRET" },
    dialect: "auto",
    pace: { writesPerSecond: 4, writesPerMinute: 50, readsPerMinute: 150 },
  });
  expect(shown.listen).toEqual({ hooks: "0.0.0.0:8080", admin: "127.0.0.1:8081" });
});

describe("the scope hash", () => {
  function hash(file: unknown): string {
    const connection = parsed(file).connections[0];
    return connection === undefined ? "none" : scopeHash(connection);
  }

  test("is the same whatever the order of keys, and for what does not decide the scope", () => {
    expect(hash(okta)).toMatch(/^[0-9a-f]{64}$/);
    expect(hash({ ...okta, connections: [Object.fromEntries(Object.entries(oktaConnection()).reverse())] })).toBe(
      hash(okta),
    );
    for (const [key, value] of [
      ["connections[0].name", "renamed"],
      ["connections[0].directory.token", { env: "ROTATED" }],
      ["connections[0].sync.leaver", "report"],
      ["connections[0].schedule.poll", "1m"],
      ["connections[0].sync.users", true],
    ] as const) {
      expect(hash(withPath(okta, key, value))).toBe(hash(okta));
    }
    expect(hash(withPath(ldap, "connections[0].directory.sslCaPath", "other.pem"))).toBe(hash(ldap));
  });

  test.each([
    ["connections[0].directory.orgUrl", "https://other.okta.com"],
    ["connections[0].sync.users", false],
    ["connections[0].sync.groups", false],
    ["connections[0].sync.userFilter", "exclude:a@example.com"],
    ["connections[0].sync.groupFilter", "include:Sales"],
  ])("of okta changes with %s", (key, value) => {
    expect(hash(withPath(okta, key, value))).not.toBe(hash(okta));
  });

  test.each([
    ["connections[0].directory.preset", "generic"],
    ["connections[0].directory.hostname", "other.example.com"],
    ["connections[0].directory.rootPath", "dc=other"],
    ["connections[0].directory.username", "cn=less"],
    ["connections[0].sync.userPath", "ou=people"],
    ["connections[0].sync.groupPath", "ou=groups"],
    ["connections[0].sync.userObjectClass", "person"],
    ["connections[0].sync.memberAttribute", "uniqueMember"],
    ["connections[0].sync.emailSuffix", "@example.org"],
  ])("of ldap changes with %s", (key, value) => {
    expect(hash(withPath(ldap, key, value))).not.toBe(hash(ldap));
  });

  test("does not mix two keys with one value", () => {
    const filter = "include:a@example.com";
    expect(hash(withPath(okta, "connections[0].sync.userFilter", filter))).not.toBe(
      hash(withPath(okta, "connections[0].sync.groupFilter", filter)),
    );
  });
});

test.each([
  ["1", true],
  ["false", true],
  ["", false],
  [undefined, false],
])("NO_COLOR=%s asks for no colors: %s", (value, asked) => {
  vi.stubEnv("NO_COLOR", value);

  expect(noColor()).toBe(asked);

  vi.unstubAllEnvs();
});
