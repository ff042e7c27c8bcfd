import { PLAIN_USER, type ImportRequest } from "../domain/bitwarden.ts";
import { BridgeError } from "../domain/errors.ts";
import { Api, checkGuid } from "./api.ts";
import type { CallReport } from "./api.ts";
import type { LastLook, Bitwarden, Written } from "./bitwarden.ts";
import { openHttp } from "./http.ts";
import { paceOf } from "./pace.ts";
import type { PaceSettings } from "./pace.ts";
import {
  configSchema,
  groupListSchema,
  groupSchema,
  idsSchema,
  memberAccessSchema,
  memberListSchema,
  memberSchema,
} from "./schemas.ts";
import { Tokens } from "./token.ts";

export interface BitwardenOptions {
  /** The organization's name in the configuration; only for messages. */
  organization: string;
  /** E.g. `https://api.bitwarden.com` or `https://vault.example.com/api`. */
  apiUrl: string;
  identityUrl: string;
  clientId: string;
  /** Read for every token request, so that a rotated secret works without a restart. */
  clientSecret: () => string;
  /** PEM certificates to trust in addition to the usual ones. */
  ca?: string;
  /** The same for every organization on one host. */
  pace: PaceSettings;
  /** A stable UUID of this installation. */
  deviceIdentifier: string;
  /** Default 30,000; per request, without the wait for its turn. */
  timeoutMs?: number;
  /** Default 100,000: self-hosted servers send invitations one by one inside the request. */
  importTimeoutMs?: number;
  onCall?: (call: CallReport) => void;
}

const TIMEOUT_MS = 30_000;
const IMPORT_TIMEOUT_MS = 100_000;

/**
 * A client of one organization. Connects at the first call. Disposal ends waiting and running
 * calls; those that were sent then have an unknown outcome.
 * @throws BridgeError `CONFIG_INVALID` when two organizations ask for different paces on one host
 */
export function openBitwarden(options: BitwardenOptions): Bitwarden {
  const closing = new AbortController();
  const http = openHttp(options.ca);
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const shared = { http, organization: options.organization, timeoutMs, signal: closing.signal };
  const tokens = new Tokens({
    ...shared,
    pace: paceOf(new URL(options.identityUrl), options.pace),
    identityUrl: options.identityUrl,
    clientId: options.clientId,
    clientSecret: options.clientSecret,
    deviceIdentifier: options.deviceIdentifier,
  });
  const api = new Api({
    ...shared,
    tokens,
    pace: paceOf(new URL(options.apiUrl), options.pace),
    apiUrl: options.apiUrl,
    onCall: options.onCall ?? (() => undefined),
  });
  const importTimeoutMs = options.importTimeoutMs ?? IMPORT_TIMEOUT_MS;
  return {
    ...memberCalls(api),
    ...groupCalls(api),
    ...organizationCalls(api, importTimeoutMs),
    forgetRefusal() {
      tokens.forgetRefusal();
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new Error("the bridge is stopping"));
      await http[Symbol.asyncDispose]();
    },
  };
}

function memberCalls(api: Api) {
  return {
    listMembers: async (priority) => (await api.read({ route: MEMBERS, priority }, memberListSchema)).data,
    getMember: (id, priority) => api.find({ route: MEMBER, id, priority }, memberSchema),
    getMemberGroupIds: (id, priority) => api.find({ route: MEMBER_GROUPS, id, priority }, idsSchema),
    revokeMember: (id, lastLook) => switchMember(api, { id, action: "revoke", done: "Already revoked.", lastLook }),
    restoreMember: (id) => switchMember(api, { id, action: "restore", done: "Already active.", lastLook: undefined }),
    removeMember: (id, lastLook) =>
      api.write({ method: "DELETE", route: MEMBER, id, priority: "revocation", lastLook }),
    setMemberExternalId: (id, externalId) => setMemberExternalId(api, id, externalId),
    setMemberGroupIds: async (id, groupIds, priority, lastLook) => {
      const body = { groupIds: distinctGuids(groupIds) };
      return api.write({ method: "PUT", route: MEMBER_GROUPS, id, priority, body, lastLook });
    },
    inviteMember: ({ email, externalId }) => {
      const body = { email, externalId, type: PLAIN_USER };
      return api.create({ method: "POST", route: MEMBERS, priority: "normal", body }, memberSchema);
    },
  } satisfies Partial<Bitwarden>;
}

function groupCalls(api: Api) {
  return {
    listGroups: async (priority) => (await api.read({ route: GROUPS, priority }, groupListSchema)).data,
    getGroup: (id, priority) => api.find({ route: GROUP, id, priority }, groupSchema),
    getGroupMemberIds: (id, priority) => api.find({ route: GROUP_MEMBERS, id, priority }, idsSchema),
    createGroup: ({ name, externalId }) =>
      api.create({ method: "POST", route: GROUPS, priority: "normal", body: { name, externalId } }, groupSchema),
    updateGroup: (id, { name, externalId }) =>
      // Without `collections`, which keeps them; an empty list would take every access away.
      api.write({ method: "PUT", route: GROUP, id, priority: "normal", body: { name, externalId } }),
    setGroupMemberIds: async (id, memberIds, priority, lastLook) => {
      const body = { memberIds: distinctGuids(memberIds) };
      return api.write({ method: "PUT", route: GROUP_MEMBERS, id, priority, body, lastLook });
    },
    deleteGroup: (id, lastLook) => api.write({ method: "DELETE", route: GROUP, id, priority: "normal", lastLook }),
  } satisfies Partial<Bitwarden>;
}

function organizationCalls(api: Api, importTimeoutMs: number) {
  return {
    importDirectory: async (request) => {
      const body = importBody(request);
      await api.write({ method: "POST", route: IMPORT, priority: "normal", body, timeoutMs: importTimeoutMs });
    },
    serverInfo: async () => {
      const request = { route: "/config", priority: "normal", anonymous: true } as const;
      const { version, server, featureStates } = await api.read(request, configSchema);
      const stagedUsers = featureStates?.["pm-34423-staged-status"] === true;
      return { version, server: server?.name ?? "Bitwarden", stagedUsers };
    },
  } satisfies Partial<Bitwarden>;
}

const MEMBERS = "/public/members";
const MEMBER = "/public/members/{id}";
const MEMBER_GROUPS = "/public/members/{id}/group-ids";
const GROUPS = "/public/groups";
const GROUP = "/public/groups/{id}";
const GROUP_MEMBERS = "/public/groups/{id}/member-ids";
const IMPORT = "/public/organization/import";

interface Switch {
  id: string;
  action: "revoke" | "restore";
  done: string;
  lastLook: LastLook | undefined;
}

async function switchMember(api: Api, { id, action, done, lastLook }: Switch): Promise<Written> {
  const priority = action === "revoke" ? "revocation" : "normal";
  const route = `/public/members/{id}/${action}`;
  const written = await api.write({ method: "POST", route, id, priority, done, lastLook });
  // A server without this route answers 404 as well, and a leaver must not look gone because of it.
  if (written !== "missing" || (await api.find({ route: MEMBER, id, priority }, memberSchema)) === null) return written;
  throw missingYetPresent(
    `POST ${route}`,
    "If it repeats, update the Bitwarden server to 2026.2.0 or newer, and until then revoke and restore by hand.",
  );
}

/** A member update without `collections` wipes them, so they are read and written back right away. */
async function setMemberExternalId(api: Api, id: string, externalId: string): Promise<Written> {
  const request = { route: MEMBER, id, priority: "normal" } as const;
  const access = await api.find(request, memberAccessSchema);
  if (access === null) return "missing";
  const { type, permissions, collections } = access;
  const body = { type, externalId, ...(permissions ? { permissions } : {}), collections };
  const written = await api.write({ ...request, method: "PUT", body });
  // A collection that was deleted since the read is a 404, too.
  if (written !== "missing" || (await api.find(request, memberSchema)) === null) return written;
  throw missingYetPresent(`PUT ${MEMBER}`, "Nothing to do: the bridge reads the member again.");
}

function missingYetPresent(call: string, remedy: string): BridgeError {
  const message = `${call} answered 404 although the member exists`;
  return new BridgeError({
    code: "BITWARDEN_REFUSED",
    side: "bitwarden",
    message,
    remedy,
    retry: "later",
    status: 404,
  });
}

/** An id twice makes Bitwarden store half of a request, so none is ever sent twice. */
function distinctGuids(ids: string[]): string[] {
  return [...new Set(ids.map(checkGuid))];
}

function importBody(request: ImportRequest) {
  return {
    // Every property and array is always sent: null arrays are a 500, and Vaultwarden wants them all.
    members: request.members.map(({ email, externalId }) => ({ email, externalId, deleted: false })),
    groups: request.groups.map(({ name, externalId, memberExternalIds }) => ({ name, externalId, memberExternalIds })),
    overwriteExisting: false,
    largeImport: request.largeImport,
    // The server's default is to invite; older servers ignore the property.
    inviteUsersAfterProvisioning: request.inviteUsersAfterProvisioning,
  };
}
