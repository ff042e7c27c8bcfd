/** The names that worlds give to their one organization and their one Okta connection. */
export const ORGANIZATION = "acme";
export const CONNECTION = "okta-main";
export const HOOK_SECRET = "hook-secret-of-at-least-32-characters-00";

const WIDE = { max: 1_000_000, percent: 100 };

/** Limits so wide that only tests about the guard meet them. */
export const NO_GUARD = {
  members: WIDE,
  memberships: { ...WIDE, percentOfGroup: 100 },
  groups: WIDE,
  invitations: WIDE,
};

interface BridgeFile {
  /** The emulator that is written to. */
  bitwarden: { url: string; clientId: string };
  connections: object[];
  /** Keys of the organization, instead of the usual ones: `firstRun: apply`, wide limits. */
  organization?: object;
  /** Relative to the file. */
  store?: string;
  /** 0 lets the operating system choose. */
  hooksPort?: number;
}

/** The configuration file of a world; `secretsOf` holds what it refers to. */
export function bridgeFile({ bitwarden, connections, organization, store, hooksPort = 0 }: BridgeFile): object {
  const { url: serverUrl, clientId } = bitwarden;
  return {
    listen: { hooks: `127.0.0.1:${String(hooksPort)}`, admin: "127.0.0.1:0" },
    store: { sqlite: store ?? "bridge.db" },
    organizations: [
      {
        name: ORGANIZATION,
        bitwarden: { serverUrl, clientId, clientSecret: { env: "TEST_BW_SECRET" } },
        firstRun: "apply",
        guard: NO_GUARD,
        ...organization,
      },
    ],
    connections,
  };
}

/** The Okta connection of a world, with event hooks; `more`: other sections, such as `sync` or `schedule`. */
export function oktaConnection(okta: { url: string }, more: object = {}): object {
  return {
    name: CONNECTION,
    organization: ORGANIZATION,
    directory: { type: "okta", orgUrl: okta.url, token: { env: "TEST_OKTA_TOKEN" } },
    push: { enabled: true, secrets: [{ env: "TEST_HOOK_SECRET" }] },
    ...more,
  };
}

/** The environment variables that the file names. */
export function secretsOf(okta: { token: string }, bitwarden: { clientSecret: string }) {
  return { TEST_BW_SECRET: bitwarden.clientSecret, TEST_OKTA_TOKEN: okta.token, TEST_HOOK_SECRET: HOOK_SECRET };
}

/** Never by the clock: whatever happens was asked for. */
export const NO_SCHEDULE = { poll: "off", reconcile: "off" };
