import type { ConnectionConfig } from "../../config/schema/connection.ts";
import type { OktaDirectoryConfig } from "../../config/schema/okta.ts";
import { resolveSecret } from "../../config/secrets/resolve.ts";
import type { Directory } from "../directory.ts";
import { openOkta } from "./okta.ts";

/** Opens the Okta organization of a connection, with the token as it is now. */
export async function openOktaDirectory(
  connection: ConnectionConfig,
  directory: OktaDirectoryConfig,
): Promise<Directory> {
  const { users, groups, userFilter, groupFilter } = connection.sync;
  return openOkta({
    connection: connection.name,
    orgUrl: directory.orgUrl,
    token: resolveSecret(directory.token).reveal(),
    users,
    groups,
    ...(userFilter === undefined ? {} : { userFilter }),
    ...(groupFilter === undefined ? {} : { groupFilter }),
  });
}
