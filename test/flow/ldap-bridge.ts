import { join } from "node:path";
import { openApp, type App } from "../../src/app.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { createLog } from "../../src/observe/log.ts";
import { createMetrics } from "../../src/observe/metrics.ts";
import type { FakeBitwarden } from "../fakes/bitwarden/server.ts";
import { bridgeFile, ORGANIZATION } from "../support/config.ts";
import type { Slapd } from "../testbed/slapd.ts";

/** What tests change: keys of the LDAP connection, other connections, keys of the organization. */
interface Changes {
  ldap?: object;
  others?: object[];
  organization?: object;
}

/** The bridge between a real OpenLDAP and the Bitwarden emulator. */
export async function openLdapBridge(
  folder: string,
  slapd: Slapd,
  bitwarden: FakeBitwarden,
  { ldap = {}, others = [], organization = {} }: Changes = {},
): Promise<App> {
  process.env["TEST_BW_SECRET"] = bitwarden.clientSecret;
  process.env["TEST_LDAP_PASSWORD"] = slapd.syncPassword;
  const connection = {
    name: "ldap-main",
    organization: ORGANIZATION,
    directory: {
      type: "ldap",
      preset: "openldap",
      hostname: "127.0.0.1",
      port: slapd.tlsPort,
      ssl: true,
      sslCaPath: slapd.caPath,
      rootPath: slapd.base,
      username: slapd.syncDn,
      password: { env: "TEST_LDAP_PASSWORD" },
    },
    sync: { userPath: "ou=people", groupPath: "ou=groups" },
    ...ldap,
  };
  // The limits that an administrator gets without asking.
  const file = bridgeFile({
    bitwarden,
    connections: [connection, ...others],
    organization: { guard: {}, ...organization },
  });
  const config = parseConfig(JSON.stringify(file), join(folder, "bridge.yaml"));
  const app = await openApp(config, {
    command: "test",
    log: createLog({ level: "silent" }),
    metrics: createMetrics(),
  });
  await app.start({ clock: false });
  return app;
}
