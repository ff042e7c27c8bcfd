import type { ConnectionConfig } from "../config/schema/connection.ts";
import type { DIRECTORY_RULES, DirectoryConfig, DirectoryType } from "../config/schema/directory.ts";
import type { Directory } from "../directories/directory.ts";
import { oktaSample } from "../directories/okta/sample.ts";
import { oktaHookVerifier } from "../directories/okta/verify.ts";
import type { HookSample } from "../directories/sample.ts";
import type { HookOptions, HookVerifier } from "../directories/verified.ts";

/** One kind of directory, read and received from; its configuration is in `config/schema/directory.ts`. */
interface DirectoryKind<Type extends DirectoryType> {
  /** Loads only its own code: a vendor's library that nobody configured costs neither time nor memory. */
  open(connection: ConnectionConfig, directory: DirectoryConfigs[Type]): Promise<Directory>;
  /** Judges its event hooks, and makes some for `hooks send`; null for what the configuration lets send none. */
  hooks: (typeof DIRECTORY_RULES)[Type]["hooks"] extends true ? HookKind : null;
}

interface HookKind {
  verifier(options: HookOptions): HookVerifier;
  sample: HookSample;
}

type DirectoryConfigs = { [One in DirectoryConfig as One["type"]]: One };
type DirectoryKinds = { [Type in DirectoryType]: DirectoryKind<Type> };

const KINDS: DirectoryKinds = {
  okta: {
    open: async (...of) => (await import("../directories/okta/okta.ts")).openOktaDirectory(...of),
    hooks: { verifier: oktaHookVerifier, sample: oktaSample },
  },
  ldap: {
    open: async (...of) => (await import("../directories/ldap/ldap.ts")).openLdapDirectory(...of),
    hooks: null,
  },
};

/** Opens the directory of a connection. Secrets are read anew each time. */
export function openDirectory(connection: ConnectionConfig): Promise<Directory> {
  const { directory } = connection;
  return openKind(directory.type, connection, directory);
}

function openKind<Type extends DirectoryType>(
  type: Type,
  connection: ConnectionConfig,
  directory: DirectoryConfigs[Type],
): Promise<Directory> {
  return KINDS[type].open(connection, directory);
}

/** How a connection takes event hooks; null: it takes none. */
export function hooksOf({ directory, push }: ConnectionConfig): HookKind | null {
  return push.enabled ? KINDS[directory.type].hooks : null;
}
