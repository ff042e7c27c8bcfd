import { z } from "zod";
import type { Admin } from "./admin.ts";
import { ok, type Answer } from "./answers.ts";
import type { Body } from "./body.ts";
import { dump } from "./dump.ts";
import type { Faults } from "./faults.ts";
import type { History } from "./history.ts";
import { shownEmail } from "./model.ts";
import type { World } from "./world.ts";

interface DoorParts {
  world: World;
  admin: Admin;
  faults: Faults;
  history: History;
}

const text = z.string().min(1);
const maybeText = z.string().nullable().exactOptional();
const maybeNumber = z.number().exactOptional();
const maybeFlag = z.boolean().exactOptional();
const byRef = z.object({ id: text });
const newMember = z.object({
  email: text,
  type: maybeNumber,
  status: maybeNumber,
  externalId: maybeText,
  name: z.string().exactOptional(),
  hasMasterPassword: maybeFlag,
  twoFactor: maybeFlag,
});
const memberPatch = byRef.extend({
  externalId: maybeText,
  type: maybeNumber,
  email: text.exactOptional(),
  name: z.string().exactOptional(),
});
const newGroup = z.object({ name: text, externalId: maybeText, members: z.array(text).exactOptional() });
const groupPatch = byRef.extend({ name: text.exactOptional(), externalId: maybeText });
const groupMembers = byRef.extend({ members: z.array(text) });
const newCollection = z.object({ externalId: maybeText, kind: z.enum(["shared", "my-items"]).exactOptional() });
const association = z.object({ id: text, readOnly: maybeFlag, hidePasswords: maybeFlag, manage: maybeFlag });
const grant = byRef.extend({ collections: z.array(association) });
const policy = z.object({ type: z.number(), enabled: z.boolean() });
const organizationPatch = z.object({
  seats: z.number().nullable().exactOptional(),
  maxAutoscaleSeats: z.number().nullable().exactOptional(),
  enabled: maybeFlag,
  useGroups: maybeFlag,
  useDirectory: maybeFlag,
  useEvents: maybeFlag,
  hasPayment: maybeFlag,
  mailWorks: maybeFlag,
  stagedFlag: maybeFlag,
});
const faultKind = z.enum([
  "status",
  "429",
  "reset",
  "resetAfterWork",
  "500AfterCommit",
  "latencyBeforeWork",
  "latencyAfterWork",
  "gatewayTimeout",
  "poorList",
]);
const slowness = z.object({
  latencyMs: z.union([z.number(), z.tuple([z.number(), z.number()])]).exactOptional(),
  mailMs: maybeNumber,
  groupMs: maybeNumber,
  gatewayTimeoutMs: maybeNumber,
});
const fault = slowness.omit({ latencyMs: true }).extend({
  method: text.exactOptional(),
  /** The source of a regular expression over the whole path. */
  pathPattern: text.exactOptional(),
  kind: faultKind,
  times: maybeNumber,
  skip: maybeNumber,
  status: maybeNumber,
  retryAfter: z.number().nullable().exactOptional(),
  delayMs: maybeNumber,
  left: z.enum(["nobody", "owner", "two thirds"]).exactOptional(),
});
const chaos = z.object({
  seed: z.number(),
  rate: z.number(),
  kinds: z.array(faultKind).exactOptional(),
  delayMs: maybeNumber,
});

type Act = (parts: DoorParts, input: unknown) => unknown;

/** `POST /__admin/<name>` with a JSON object. */
const ACTS: Record<string, Act> = {
  addMember: ({ admin }, input) => ({ id: admin.addMember(newMember.parse(input)).id }),
  acceptMember: ({ admin }, input) => {
    admin.acceptMember(byRef.parse(input).id);
  },
  confirmMember: ({ admin }, input) => {
    admin.confirmMember(byRef.parse(input).id);
  },
  editMember({ admin }, input) {
    const { id, ...patch } = memberPatch.parse(input);
    admin.editMember(id, patch);
  },
  revokeMember: ({ admin }, input) => {
    admin.revokeMember(byRef.parse(input).id);
  },
  restoreMember: ({ admin }, input) => {
    admin.restoreMember(byRef.parse(input).id);
  },
  deleteMember: ({ admin }, input) => {
    admin.deleteMember(byRef.parse(input).id);
  },
  addGroup: ({ admin }, input) => ({ id: admin.addGroup(newGroup.parse(input)).id }),
  editGroup({ admin }, input) {
    const { id, ...patch } = groupPatch.parse(input);
    admin.editGroup(id, patch);
  },
  deleteGroup: ({ admin }, input) => {
    admin.deleteGroup(byRef.parse(input).id);
  },
  setGroupMembers({ admin }, input) {
    const { id, members } = groupMembers.parse(input);
    admin.setGroupMembers(id, members);
  },
  createCollection: ({ admin }, input) => admin.createCollection(newCollection.parse(input)),
  grantCollections({ admin }, input) {
    const { id, collections } = grant.parse(input);
    admin.grantCollections(id, collections);
  },
  disableOrganization: ({ admin }) => {
    admin.disableOrganization();
  },
  enableOrganization: ({ admin }) => {
    admin.enableOrganization();
  },
  setPolicy({ admin }, input) {
    const { type, enabled } = policy.parse(input);
    admin.setPolicy(type, enabled);
  },
  rotateKey: ({ admin }) => ({ apiKey: admin.rotateKey() }),
  revokeTokens: ({ admin }) => {
    admin.revokeTokens();
  },
  organization: ({ world }, input) => {
    Object.assign(world.organization, organizationPatch.parse(input));
  },
  addFault({ faults }, input) {
    const { method, pathPattern, ...rest } = fault.parse(input);
    const path = pathPattern === undefined ? {} : { path: new RegExp(pathPattern) };
    const match = { ...(method === undefined ? {} : { method }), ...path };
    faults.add(Object.keys(match).length === 0 ? rest : { ...rest, match });
  },
  slow: ({ faults }, input) => {
    faults.slow(slowness.parse(input));
  },
  chaos: ({ faults }, input) => {
    faults.chaos(chaos.parse(input));
  },
  clearFaults: ({ faults }) => {
    faults.clear();
  },
};

type Look = (parts: DoorParts, query: URLSearchParams) => unknown;

/** `GET /__admin/<name>`. */
const LOOKS: Record<string, Look> = {
  dump: ({ world }) => dump(world),
  history: ({ history }, query) => ({
    timeOrigin: performance.timeOrigin,
    last: history.last,
    entries: history.after(Number(query.get("after") ?? 0)).slice(0, Number(query.get("limit") ?? 1_000)),
  }),
  counts: ({ history }) => Object.fromEntries(history.counts),
  members: ({ world }) =>
    Array.from(world.members.values(), (member) => ({
      id: member.id,
      email: shownEmail(member),
      externalId: member.externalId,
      status: member.status,
      type: member.type,
      groupIds: [...(world.memberGroups.get(member.id) ?? [])],
    })),
  groups: ({ world }) =>
    Array.from(world.groups.values(), ({ id, name, externalId }) => ({
      id,
      name,
      externalId,
      memberIds: [...(world.groupMembers.get(id) ?? [])],
    })),
  outbox: ({ world }) => world.outbox,
  events: ({ world }) => world.events,
  state: ({ world, faults }) => ({
    organization: { ...world.organization, apiKey: undefined },
    occupiedSeats: world.occupiedSeats,
    members: world.members.size,
    groups: world.groups.size,
    mails: world.outbox.length,
    events: world.events.length,
    pendingFaults: faults.pending,
  }),
};

/** The back door over HTTP, under `/__admin/`: for the demo and for tests in another process. Loopback only. */
export class AdminDoor {
  readonly #parts: DoorParts;

  constructor(parts: DoorParts) {
    this.#parts = parts;
  }

  answer(method: string, url: URL, body: Body): Answer {
    const name = url.pathname.slice("/__admin/".length);
    try {
      if (method === "GET" && Object.hasOwn(LOOKS, name)) return ok(LOOKS[name]?.(this.#parts, url.searchParams));
      if (method !== "POST" || !Object.hasOwn(ACTS, name)) return { status: 404, json: { error: "no such act" } };
      const input = body.bytes.length === 0 ? {} : body.json().value;
      return ok(ACTS[name]?.(this.#parts, input) ?? {});
    } catch (thrown) {
      const error = thrown instanceof z.ZodError ? z.prettifyError(thrown) : String(thrown);
      return { status: 400, json: { error } };
    }
  }
}
