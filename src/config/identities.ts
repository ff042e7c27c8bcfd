import type { Config } from "./parse.ts";
import type { DirectoryConfig } from "./schema/directory.ts";

/** What stands behind the names of the configuration, in words that stay the same while it is the same thing. */
export function identitiesOf({ organizations, connections }: Config) {
  return {
    organizations: organizations.map(({ name, bitwarden }) => ({
      name,
      // `organization.<id>`, as Bitwarden shows it beside the API key.
      bitwardenId: bitwarden.clientId.replace(/^organization\./, "").toLowerCase(),
    })),
    connections: connections.map(({ name, organization, directory }) => ({
      name,
      organization,
      identity: directoryIdentity(directory),
    })),
  };
}

/** One of several servers may answer for an LDAP directory: its root is what makes it the same one. */
function directoryIdentity(directory: DirectoryConfig): string {
  switch (directory.type) {
    case "okta":
      return `okta ${new URL(directory.orgUrl).origin}`;
    case "ldap":
      return `ldap ${directory.rootPath.toLowerCase().replace(/\s*([,=])\s*/g, "$1")}`;
  }
}
