import { badInvite, badRule, crash, ok, type Answer } from "./answers.ts";
import type { Call, Route } from "./call.ts";
import {
  checkImportSize,
  readImport,
  type ImportedGroup,
  type ImportedMember,
  type ImportModel,
} from "./import-model.ts";
import { EVENT, INVITED, linkedId, OWNER, STAGED, USER, type Group, type Member } from "./model.ts";
import { buySeatsForImport, missingSeats, refundSeats, requireScalable } from "./seats.ts";

export const importRoute: Route = { method: "POST", path: "/public/organization/import", handle: importDirectory };

/** The server's working set: built at the start, kept through the steps, never re-read. */
interface Work {
  call: Call;
  model: ImportModel;
  /** The non-deleted items. */
  wanted: ImportedMember[];
  wantedIds: Set<string>;
  /** Members with an external id at the start, even those removed meanwhile. */
  external: Map<string, Member>;
  /** External id to membership: existing, linked or just added. */
  known: Map<string, Member>;
  removed: Member[];
}

/** Every step commits on its own: a refusal in a later one leaves the earlier ones done. */
function importDirectory(call: Call): Answer {
  const { world } = call;
  const model = readImport(call.fields());
  if (world.organization.hosted === "cloud") checkImportSize(model);
  if (!world.organization.useDirectory) throw badRule("Organization cannot use directory syncing.");
  const work = begin(call, model);
  removeDeleted(work);
  if (model.overwriteExisting) removeUnlisted(work);
  linkByEmail(work);
  addMissing(work);
  applyGroups(work);
  for (const member of work.removed) world.log(EVENT.removed, { memberId: member.id });
  return ok();
}

function begin(call: Call, model: ImportModel): Work {
  const { world } = call;
  // The vendor builds a dictionary keyed by external id, which throws on a duplicate.
  if (world.membersByExternalId.hasDuplicates) throw crash();
  const external = new Map<string, Member>();
  for (const member of world.members.values()) {
    const key = linkedId(member);
    if (key !== null) external.set(key, member);
  }
  const wanted = model.members.filter((member) => !member.deleted);
  const wantedIds = new Set(wanted.map((member) => member.externalId));
  return { call, model, wanted, wantedIds, external, known: new Map(external), removed: [] };
}

/** Matched by external id only; owners are skipped, administrators are not. */
function removeDeleted(work: Work): void {
  for (const item of work.model.members) {
    if (!item.deleted || work.wantedIds.has(item.externalId)) continue;
    const member = work.external.get(item.externalId);
    if (member === undefined || member.type === OWNER) continue;
    removeOnce(work, item.externalId, member);
  }
}

/** The guard counts members who were just removed and members who are merely invited. */
function removeUnlisted(work: Work): void {
  const candidates = [...work.external].filter(([key, { type }]) => type !== OWNER && !work.wantedIds.has(key));
  if (candidates.some(([, { account }]) => account?.hasMasterPassword !== true)) {
    throw badRule(
      "Sync failed. To proceed, disable the 'Remove and re-add users during next sync' setting and try again.",
    );
  }
  for (const [key, member] of candidates) removeOnce(work, key, member);
}

function removeOnce(work: Work, key: string, member: Member): void {
  if (!work.known.delete(key)) return;
  work.call.world.removeMember(member);
  work.removed.push(member);
}

/** Members without an external id take the one of their exact e-mail. Nothing else of them changes. */
function linkByEmail(work: Work): void {
  const { world } = work.call;
  const byEmail = new Map(work.wanted.map((item) => [item.email, item]));
  if (byEmail.size < work.wanted.length || world.unlinkedByEmail.hasDuplicates) throw crash();
  const links: [Member, string][] = [];
  for (const item of work.wanted) {
    const member = world.unlinkedByEmail.first(item.email);
    if (member === undefined) continue;
    if (work.known.has(item.externalId)) throw crash();
    work.known.set(item.externalId, member);
    links.push([member, item.externalId]);
  }
  for (const [member, externalId] of links) world.changeMember(member, { externalId });
}

function addMissing(work: Work): void {
  const { world, dialect } = work.call;
  const missing = work.wanted.filter((item) => !work.known.has(item.externalId));
  const newcomers = missing.filter((item) => !dialect.knowsEmail(world, item.email));
  const staged = world.organization.stagedFlag && !work.model.inviteUsersAfterProvisioning;
  if (staged) {
    for (const member of addAll(work, newcomers, STAGED)) world.log(EVENT.staged, { memberId: member.id });
    return;
  }
  // Runs even when nobody is new, so an organization above its seats fails before its groups.
  const seats = missingSeats(world, newcomers.length);
  requireScalable(world, seats);
  if (missing.length > 0 && !world.hasConfirmedOwnerExcept(null)) {
    throw badRule("Organization must have at least one confirmed owner.");
  }
  inviteAll(work, newcomers, seats);
}

/** Any failure in here takes back the people just added and the seats just bought; groups are never reached. */
function inviteAll(work: Work, newcomers: ImportedMember[], missing: number): void {
  const { world } = work.call;
  const { organization } = world;
  const seatsBefore = organization.seats;
  const added = addAll(work, newcomers, INVITED);
  try {
    buySeatsForImport(world, missing);
    if (added.length > 0 && !organization.mailWorks) throw badInvite("Failed to send invitation e-mails.");
  } catch (refusal) {
    for (const member of added) world.removeMember(member);
    refundSeats(world, seatsBefore);
    throw refusal;
  }
  for (const member of added) {
    world.outbox.push({ kind: "invite", to: member.email ?? "" });
    world.log(EVENT.invited, { memberId: member.id });
  }
}

function addAll(work: Work, newcomers: ImportedMember[], status: number): Member[] {
  return newcomers.map(({ email, externalId }) => {
    const member = work.call.world.addMember({
      account: null,
      email,
      status,
      priorStatus: null,
      hasKey: false,
      type: USER,
      externalId,
      permissions: null,
      collections: [],
    });
    if (!work.known.has(externalId)) work.known.set(externalId, member);
    return member;
  });
}

/** Matched by external id only, never by name. */
function applyGroups(work: Work): void {
  const { world } = work.call;
  const { groups } = work.model;
  if (groups.length === 0) return;
  if (!world.organization.useGroups) throw badRule("Organization cannot use groups.");
  const distinct = new Set(groups.map((group) => group.externalId));
  if (distinct.size < groups.length || world.groupsByExternalId.hasDuplicates) throw crash();
  for (const item of groups) {
    const existing = world.groupsByExternalId.first(item.externalId);
    const group = existing ?? world.addGroup({ name: item.name, externalId: item.externalId, collections: [] });
    applyGroup(work, group, item);
    // Noise: the vendor logs an update for every matched group, changed or not.
    world.log(existing === undefined ? EVENT.groupCreated : EVENT.groupUpdated, { groupId: group.id });
  }
}

/** Replacement is total; unknown members are silently dropped. */
function applyGroup(work: Work, group: Group, item: ImportedGroup): void {
  const { world } = work.call;
  if (group.name !== item.name) world.changeGroup(group, { name: item.name });
  const memberIds: string[] = [];
  for (const key of item.memberExternalIds) {
    const member = work.known.get(key);
    if (member !== undefined) memberIds.push(member.id);
  }
  world.setGroupMembers(group.id, memberIds);
}
