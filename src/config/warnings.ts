import type { ConnectionConfig } from "./schema/connection.ts";
import type { ConfigValues } from "./schema/schema.ts";
import { isLoopback } from "./schema/values.ts";

function connectionWarnings(connection: ConnectionConfig, path: string): string[] {
  const { directory, schedule, push } = connection;
  const warnings: string[] = [];
  if (directory.type === "ldap" && directory.sslAllowUnauthorized) {
    warnings.push(
      `${path}.directory.sslAllowUnauthorized: any certificate is accepted, so anyone between can read the password`,
    );
  }
  if (schedule.reconcile.kind === "off") {
    warnings.push(`${path}.schedule.reconcile: off: what events and polls miss is never found`);
  }
  if (schedule.poll.kind === "off" && schedule.reconcile.kind === "off" && !push.enabled) {
    warnings.push(`${path}: nothing starts a sync by itself (poll, reconcile and push are off)`);
  }
  return warnings;
}

/** What is allowed but probably not meant, one sentence each, led by the key. */
export function warningsOf(config: ConfigValues): string[] {
  const fed = new Set(config.connections.map(({ organization }) => organization));
  const warnings = config.organizations.flatMap(({ name }, index) =>
    fed.has(name) ? [] : [`organizations[${index}].name: no connection feeds ${name}: nothing will happen to it`],
  );
  if (!isLoopback(config.listen.admin.host)) {
    warnings.push("listen.admin: not a loopback address: administration and metrics are open to the network");
  }
  if (config.publicUrl === undefined && config.connections.some(({ push }) => push.enabled)) {
    warnings.push("publicUrl: not set: the bridge cannot say which address to enter for its event hooks");
  }
  return [
    ...warnings,
    ...config.connections.flatMap((connection, index) => connectionWarnings(connection, `connections[${index}]`)),
  ];
}
