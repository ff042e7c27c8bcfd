import { readFileSync } from "node:fs";
import type { Bitwarden } from "../bitwarden/bitwarden.ts";
import { openBitwarden } from "../bitwarden/client.ts";
import type { OrganizationConfig } from "../config/schema/organization.ts";
import { resolveSecret } from "../config/secrets/resolve.ts";
import { ImportSize } from "../sync/deliver/import-size.ts";
import { Outage } from "../sync/outage.ts";
import type { Organization } from "../sync/organization.ts";
import { keys, PRIORITY, type OpenConnection, type Parts } from "./connections.ts";

/** Cloud reads are 200 a minute: one minute's worth per reconciliation goes into the rotation. */
const ROTATION_IN_CLOUD = 100;

/** An organization with what must be closed. */
export interface OpenOrganization extends Organization, AsyncDisposable {}

/** Wires one configured organization with the connections that feed it; nothing is contacted yet. */
export function openOrganization(
  config: OrganizationConfig,
  connections: readonly OpenConnection[],
  parts: Parts,
): OpenOrganization {
  const { name, mode } = config;
  const bitwarden = openClient(config, parts);
  const openedAt = performance.now();
  const feeding = connections.filter(({ owner }) => owner.organization === name);
  return {
    name,
    sources: new Map(
      feeding.map((connection) => {
        const { owner, options, authoritative, scopeHash } = connection;
        const ringDirectory = (): void => {
          connection.ringDirectory();
        };
        return [owner.connection, { options, authoritative, scopeHash, ringDirectory }];
      }),
    ),
    guard: config.guard,
    protected: new Set(config.protected.map((email) => email.toLowerCase())),
    mode,
    delivers: mode === "sync" && !parts.planOnly,
    firstRun: config.firstRun,
    rotation: config.bitwarden.cloud ? ROTATION_IN_CLOUD : Number.POSITIVE_INFINITY,
    outage: new Outage(),
    importSize: { people: new ImportSize(), groups: new ImportSize() },
    ageMs: () => performance.now() - openedAt,
    bitwarden,
    database: parts.database,
    hints: parts.hints,
    observer: parts.observer,
    ring(dueAt) {
      const due = dueAt === undefined ? {} : { dueAt };
      void parts.queue.ring(keys.organization(name), { priority: PRIORITY.organization, ...due });
    },
    async [Symbol.asyncDispose]() {
      await bitwarden[Symbol.asyncDispose]();
    },
  };
}

function openClient(organization: OrganizationConfig, parts: Parts): Bitwarden {
  const { urls, clientId, clientSecret, pace, ca } = organization.bitwarden;
  return openBitwarden({
    organization: organization.name,
    apiUrl: urls.api,
    identityUrl: urls.identity,
    clientId,
    clientSecret: () => resolveSecret(clientSecret).reveal(),
    ...(ca === undefined ? {} : { ca: readFileSync(ca, "utf8") }),
    pace,
    deviceIdentifier: parts.deviceIdentifier,
    onCall(call) {
      parts.metrics.bitwardenCall(`${call.method} ${call.route}`, call.status ?? 0, call.ms / 1000);
    },
  });
}
