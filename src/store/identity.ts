import type { Knex } from "knex";
import { BridgeError } from "../domain/errors.ts";
import { forgetDirectory } from "./reset.ts";
import type { ConnectionRow, OrganizationRow } from "./state.ts";

/** What the configuration says stands behind the names. */
export interface Identities {
  /** `bitwardenId`: the id of the organization in Bitwarden. */
  organizations: { name: string; bitwardenId: string }[];
  /** `identity`: which directory is read, in words that stay the same while it is the same one. */
  connections: { name: string; organization: string; identity: string }[];
}

/**
 * Makes sure that configured organizations and connections have their rows, and that the names still mean what the store
 * knows under them: a ledger of one organization applied to another would take everybody for removed by hand.
 * @throws BridgeError `CONFIG_INVALID` with the way out
 */
export async function claimIdentities(trx: Knex, { organizations, connections }: Identities): Promise<void> {
  const known = await trx<OrganizationRow>("organizations").select("*");
  for (const { name, bitwardenId } of organizations) {
    const row = known.find((one) => one.name === name);
    const knownId = row?.bitwarden_id ?? bitwardenId;
    if (knownId !== bitwardenId) {
      throw refusal(
        name,
        `the store knows "${name}" as the Bitwarden organization ${knownId}, the configuration says ${bitwardenId}`,
        `Give the other organization a name or a store of its own; to start anew under this name: \`bwbridge reset --organization ${name} --ledger\`.`,
      );
    }
    const before = known.find(
      (one) => one.bitwarden_id === bitwardenId && !organizations.some((other) => other.name === one.name),
    );
    if (row === undefined && before !== undefined) throw renamed("organization", before.name, name);
    await trx("organizations")
      .insert({ name, bitwarden_id: bitwardenId })
      .onConflict("name")
      .merge({ bitwarden_id: bitwardenId });
  }
  const feeding = await trx<ConnectionRow>("connections").select("*");
  for (const { name, organization, identity } of connections) {
    const row = feeding.find((one) => one.name === name);
    const knownIdentity = row?.directory_identity ?? identity;
    if (knownIdentity !== identity) {
      throw refusal(
        name,
        `the store knows "${name}" as the directory ${knownIdentity}, the configuration says ${identity}`,
        `Give the other directory a connection of its own; if it is the same one under another address: \`bwbridge reset ${name}\`.`,
      );
    }
    const before = feeding.find(
      (one) =>
        one.organization === organization &&
        one.directory_identity === identity &&
        !connections.some((other) => other.name === one.name),
    );
    if (row === undefined && before !== undefined) throw renamed("connection", before.name, name);
    // What was decided of it was decided for the other organization: this one needs it whole.
    if (row !== undefined && row.organization !== organization) await forgetDirectory(trx, name);
    await trx("connections")
      .insert({ name, organization, directory_identity: identity })
      .onConflict("name")
      .merge({ organization, directory_identity: identity });
  }
}

function renamed(what: "connection" | "organization", before: string, now: string): BridgeError {
  return refusal(
    now,
    `the ${what} "${now}" is new, and is what the store knows as "${before}", which is not in the configuration any more`,
    `If it was renamed: \`bwbridge ${what}s rename ${before} ${now}\`. Otherwise put "${before}" back into the configuration.`,
  );
}

function refusal(subject: string, message: string, remedy: string): BridgeError {
  return new BridgeError({ code: "CONFIG_INVALID", side: "configuration", subject, message, remedy, retry: "never" });
}
