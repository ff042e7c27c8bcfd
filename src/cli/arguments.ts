import type { ConnectionConfig } from "../config/schema/connection.ts";
import type { OrganizationConfig } from "../config/schema/organization.ts";
import type { Config } from "../config/parse.ts";
import { BridgeError } from "../domain/errors.ts";
import { suggest } from "../lib/suggest.ts";

/** The connection that was named, or all of them. */
export function chooseConnections(config: Config, name: string | undefined): ConnectionConfig[] {
  if (name === undefined && config.connections.length > 0) return config.connections;
  const found = config.connections.filter((connection) => connection.name === name);
  if (found.length > 0) return found;
  const names = config.connections.map((connection) => connection.name);
  const meant = suggest(name ?? "", names);
  throw usage(
    name === undefined ? `${config.file} has no connections` : `there is no connection "${name}"`,
    meant === undefined ? `Configured are: ${names.join(", ") || "none"}.` : `Did you mean \`${meant}\`?`,
  );
}

/** The organization that was named, or all of them. */
export function chooseOrganizations(config: Config, name: string | undefined): OrganizationConfig[] {
  if (name === undefined) return config.organizations;
  const found = config.organizations.filter((organization) => organization.name === name);
  if (found.length > 0) return found;
  const names = config.organizations.map((organization) => organization.name);
  const meant = suggest(name, names);
  throw usage(
    `there is no organization "${name}"`,
    meant === undefined ? `Configured are: ${names.join(", ") || "none"}.` : `Did you mean \`${meant}\`?`,
  );
}

/** The error of a command line that cannot be carried out as it was typed; the process ends with 2. */
export function usage(message: string, remedy: string): BridgeError {
  return new BridgeError({ code: "USAGE", side: "bridge", message, remedy, retry: "never" });
}

/** A whole number of at least 1 from an option, or the fallback. */
export function wholeNumber(option: string, text: string | undefined, fallback: number, most: number): number {
  if (text === undefined) return fallback;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1 && number <= most) return number;
  throw usage(`--${option} takes a whole number from 1 to ${String(most)}, not "${text}"`, `Example: --${option} 10`);
}
