/** Who the token is, and what it may read. */
import { BridgeError } from "../../domain/errors.ts";
import type { DirectoryIdentity } from "../directory.ts";
import type { Ask } from "./calls.ts";
import type { OktaConnection } from "./connection.ts";
import { logPages } from "./log.ts";
import type { OktaReader } from "./reader.ts";

/** Asks for one row of everything the bridge reads; a 403 is a missing capability, every other failure is thrown. */
export async function identify(
  reader: OktaReader,
  connection: OktaConnection,
  orgUrl: string,
  ask: Ask,
): Promise<DirectoryIdentity> {
  const [me, users, groups, logs] = await Promise.all([
    ifAllowed(reader.me(ask)),
    ifAllowed(reader.users(null, ask, 1).next()),
    ifAllowed(reader.groups(null, ask, 1).next()),
    ifAllowed(logPages(connection, { since: new Date().toISOString() }, 1, ask).next()),
  ]);
  const may = { users, groups, logs };
  return {
    account: me?.profile.login ?? me?.profile.email ?? me?.id ?? "unknown (the token may not read its own user)",
    server: new URL(orgUrl).origin,
    capabilities: Object.entries(may).flatMap(([name, answer]) => (answer === null ? [] : [`read ${name}`])),
  };
}

async function ifAllowed<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof BridgeError && error.status === 403) return null;
    throw error;
  }
}
