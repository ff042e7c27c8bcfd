import type { Bitwarden } from "../bitwarden/bitwarden.ts";
import { BridgeError } from "../domain/errors.ts";

/** Refuses a server whose Public API is only an import: nothing could be read back, and nobody revoked. */
export async function requireSupportedServer(bitwarden: Bitwarden): Promise<void> {
  const { server, version } = await bitwarden.serverInfo();
  if (!/vaultwarden/i.test(server)) return;
  throw new BridgeError({
    code: "BITWARDEN_REFUSED",
    side: "bitwarden",
    message: `the server is ${server} (${version}), which this version does not support`,
    remedy: "Its Public API has no members, groups or revocations to read back; use a Bitwarden server.",
    retry: "never",
  });
}

/** Refuses invitations that were to be staged where the server would mail them at once instead. */
export async function requireStagedUsers(bitwarden: Bitwarden): Promise<void> {
  if ((await bitwarden.serverInfo()).stagedUsers) return;
  throw new BridgeError({
    code: "BITWARDEN_REFUSED",
    side: "bitwarden",
    message: "the server does not know staged users: it would invite people and mail them at once",
    remedy: "Set sync.inviteUsersAfterProvisioning to true, or switch the server's staged users on.",
    retry: "never",
  });
}
