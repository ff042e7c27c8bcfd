import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { BridgeError } from "../../src/domain/errors.ts";
import type { GuardLimits, SyncOptions } from "../../src/domain/options.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { showConfig } from "../../src/config/show.ts";
import { ldapConnection, oktaConnection, organization, withPath } from "./fixtures/config.ts";

function parsed(file: unknown) {
  return parseConfig(stringify(file), "/etc/bwbridge/bridge.yaml");
}

const okta = { organizations: [organization()], connections: [oktaConnection()] };
const ldap = { organizations: [organization()], connections: [ldapConnection()] };

test("the example file is valid and raises no warning", () => {
  const file = new URL("../../deploy/bridge.example.yaml", import.meta.url).pathname;

  const config = parseConfig(readFileSync(file, "utf8"), file);

  expect(config.warnings).toEqual([]);
  expect(config.connections.map(({ name }) => name)).toEqual(["okta-main", "labs-ldap"]);
});

test("everything that may be left out has its default", () => {
  const config = parsed(okta);

  const sync: SyncOptions | undefined = config.connections[0]?.sync;
  const guard: GuardLimits | undefined = config.organizations[0]?.guard;
  expect(config).toMatchObject({
    listen: { hooks: { host: "0.0.0.0", port: 8080 }, admin: { host: "127.0.0.1", port: 8081 } },
    trustProxy: 0,
    log: { level: "info", pretty: false },
  });
  expect(config.organizations[0]).toMatchObject({ mode: "sync", firstRun: "hold", protected: [] });
  expect(guard).toEqual({
    members: { max: 25, percent: 5 },
    memberships: { max: 200, percent: 10, percentOfGroup: 50 },
    groups: { max: 2, percent: 5 },
    invitations: { max: 50, percent: 10 },
  });
  expect(sync).toEqual({
    users: true,
    groups: true,
    removeDisabled: true,
    leaver: "revoke",
    scopeExit: "revoke",
    inviteUsersAfterProvisioning: true,
    groupDeletion: "report",
    largeImport: true,
  });
  expect(config.connections[0]).toMatchObject({
    schedule: {
      poll: { kind: "every", everyMs: 300_000 },
      reconcile: { kind: "cron", expression: "0 3 * * *" },
      timezone: "UTC",
    },
    push: { enabled: true, header: "Authorization" },
  });
  expect(parsed(ldap).connections[0]?.push).toEqual({ enabled: false, header: "Authorization", secrets: [] });
});

test("paths start at the folder of the file, wherever the process runs", () => {
  const config = parsed(withPath(ldap, "connections[0].directory.password", { file: "../ldap.password" }));

  expect(config.file).toBe("/etc/bwbridge/bridge.yaml");
  expect(config.store.sqlite).toBe("/etc/bwbridge/data/bridge.db");
  expect(config.connections[0]?.directory).toMatchObject({
    sslCaPath: "/etc/bwbridge/ca.pem",
    sslCertPath: "/etc/bwbridge/client.pem",
    password: { file: "/etc/ldap.password" },
  });
  expect(parsed(okta).connections[0]?.directory).toMatchObject({ token: { file: "/etc/bwbridge/okta.token" } });
  expect(parsed(okta).connections[0]?.push.secrets).toEqual([{ env: "HOOK_SECRET" }]);
});

test("JSON is read as well, with tabs too", () => {
  expect(parseConfig(JSON.stringify(okta, undefined, "\t"), "/etc/bwbridge/bridge.yaml")).toEqual(parsed(okta));
});

test.each([
  [{ ssl: true }, { hostnames: ["ldap.example.com"], port: 636 }],
  [
    { ssl: false, startTls: true },
    { port: 389, startTls: true },
  ],
  [{ ssl: true, startTls: true }, { port: 389 }],
  [{ ssl: true, port: 3269 }, { port: 3269 }],
  [
    { ssl: false, hostname: "127.0.0.1" },
    { hostnames: ["127.0.0.1"], port: 389 },
  ],
  [{ hostname: undefined, hostnames: ["dc1", "dc2"] }, { hostnames: ["dc1", "dc2"] }],
])("an LDAP directory with %j becomes %j", (changes, expected) => {
  let file: unknown = ldap;
  for (const [key, value] of Object.entries(changes)) file = withPath(file, `connections[0].directory.${key}`, value);

  expect(parsed(file).connections[0]?.directory).toMatchObject(expected);
});

test("the pace is the cloud's for cloud hosts, none for others, and each rate can be set", () => {
  const { region: _region, ...own } = { ...organization().bitwarden, serverUrl: "https://vault.example.com" };
  const paceOf = (bitwarden: unknown) => {
    return parsed(withPath(okta, "organizations[0].bitwarden", bitwarden)).organizations[0]?.bitwarden.pace;
  };

  expect(paceOf(organization().bitwarden)).toEqual({ writesPerSecond: 4, writesPerMinute: 50, readsPerMinute: 150 });
  expect(paceOf(own)).toBe("open");
  expect(paceOf({ ...own, pace: { writesPerMinute: 30 } })).toEqual({
    writesPerSecond: Infinity,
    writesPerMinute: 30,
    readsPerMinute: Infinity,
  });
  expect(paceOf({ ...organization().bitwarden, pace: { readsPerMinute: "unlimited" } })).toEqual({
    writesPerSecond: 4,
    writesPerMinute: 50,
    readsPerMinute: Infinity,
  });
});

describe("warnings", () => {
  test.each([
    [withPath(okta, "connections", []), "organizations[0].name: no connection feeds acme: nothing will happen to it"],
    [
      withPath(ldap, "listen.admin", "0.0.0.0:8081"),
      "listen.admin: not a loopback address: administration and metrics are open to the network",
    ],
    [okta, "publicUrl: not set: the bridge cannot say which address to enter for its event hooks"],
    [
      withPath(ldap, "connections[0].directory.sslAllowUnauthorized", true),
      "connections[0].directory.sslAllowUnauthorized: any certificate is accepted, so anyone between can read the password",
    ],
    [
      withPath(ldap, "connections[0].schedule.reconcile", "off"),
      "connections[0].schedule.reconcile: off: what events and polls miss is never found",
    ],
  ])("%#", (file, warning) => {
    expect(parsed(file).warnings).toEqual([warning]);
  });

  test("a connection that nothing starts", () => {
    const config = parsed(withPath(ldap, "connections[0].schedule", { poll: "off", reconcile: "off" }));

    expect(config.warnings).toContain(
      "connections[0]: nothing starts a sync by itself (poll, reconcile and push are off)",
    );
  });
});

test("what is shown reads back as the same configuration", () => {
  for (const config of [
    parsed(okta),
    parsed(ldap),
    parsed(
      withPath(okta, "organizations[0].bitwarden", {
        ...organization().bitwarden,
        region: undefined,
        serverUrl: "https://vault.example.com",
        pace: { writesPerSecond: 2 },
      }),
    ),
  ]) {
    expect(parseConfig(JSON.stringify(showConfig(config)), config.file)).toEqual(config);
  }
});

describe("whatever the file says, the answer is a configuration or a CONFIG_INVALID", () => {
  function outcome(text: string): string {
    try {
      parseConfig(text, "/etc/bridge.yaml");
      return "accepted";
    } catch (thrown) {
      return thrown instanceof BridgeError ? thrown.code : `threw ${String(thrown)}`;
    }
  }

  test("any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(outcome(text)).toBe("CONFIG_INVALID");
      }),
    );
  });

  test("any JSON", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(outcome(text)).toBe("CONFIG_INVALID");
      }),
    );
  });

  const paths = [okta, ldap].flatMap((file) => keysIn(parsedShown(file)).map((path) => ({ file, path })));

  test("any value in any place of a good file", () => {
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), ({ file, path }, value) => {
        expect(outcome(JSON.stringify(withPath(file, path, value)))).toMatch(/^(accepted|CONFIG_INVALID)$/);
      }),
      { numRuns: 500 },
    );
  });

  test("a section with a length that is no number, in the place of a text", () => {
    const value = { length: { toString: 1 } };

    expect(outcome(JSON.stringify(withPath(okta, "connections[0].name", value)))).toBe("CONFIG_INVALID");
    expect(outcome(JSON.stringify(withPath(okta, "organizations", value)))).toBe("CONFIG_INVALID");
  });

  test("a secret in the place of a reference is never repeated", () => {
    const places = [
      "connections[0].directory.token",
      "connections[0].push.secrets[0]",
      "organizations[0].bitwarden.clientSecret",
    ];
    const secret = "hunter2-hunter2";
    const shapes = [
      secret,
      [secret],
      { [secret]: secret },
      { secret },
      { file: [secret] },
      { env: `${secret} ` },
      { value: secret },
    ];
    for (const place of places) {
      for (const shape of shapes) {
        const text = stringify(withPath(okta, place, shape));
        expect(outcome(text)).toBe("CONFIG_INVALID");
        expect(() => parseConfig(text, "/etc/bridge.yaml")).not.toThrow(secret);
      }
    }
  });
});

function parsedShown(file: unknown): unknown {
  return showConfig(parsed(file));
}

/** The paths of all keys in a file. */
function keysIn(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [path];
  const children = Object.entries(value).flatMap(([key, child]) => {
    return keysIn(child, Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`);
  });
  return path === "" ? children : [path, ...children];
}
