import { badInvite, badRule, crash, ok, type Answer } from "./answers.ts";
import type { Call, Route } from "./call.ts";
import {
  checkImportSize,
  IMPORT_BODY,
  readImport,
  requireAll,
  type ImportedGroup,
  type ImportedMember,
  type ImportModel,
} from "./import-model.ts";
import { EVENT, INVITED, linkedId, OWNER, STAGED, USER, type Group, type Member } from "./model.ts";
import { buySeatsForImport, missingSeats, refundSeats, requireScalable } from "./seats.ts";

export const importRoute: Route = {
  method: "POST",
  path: "/public/organization/import",
  body: IMPORT_BODY,
  handle: importDirectory,
};

/** The server's working set: built at the start, kept through the steps, never re-read. */
interface Work {
  call: Call;
  model: ImportModel;
  members: ImportedMember[];
  /** The non-deleted items. */
  wanted: ImportedMember[];
  wantedIds: Set<string>;
  /** Members with an external id at the start, even those removed meanwhile. */
  external: Map<string, Member>;
  /** External id to membership: existing, linked or just added. */
  known: Map<string, Member>;
  /** As the event log tells it: a deletion that overwriting repeats is there twice. */
  removed: Member[];
}

/** Every step commits on its own: a refusal in a later one leaves the earlier ones done. */
async function importDirectory(call: Call): Promise<Answer> {
  const { world } = call;
  const model = readImport(call.fields());
  if (world.organization.hosted === "cloud") checkImportSize(model);
  if (!world.organization.useDirectory) throw badRule("Organization cannot use directory syncing.");
  const work = begin(call, model);
  removeDeleted(work);
  if (model.overwriteExisting) removeUnlisted(work);
  linkByEmail(work);
  await addMissing(work);
  await applyGroups(work);
  for (const member of work.removed) world.log(EVENT.removed, { memberId: member.id });
  return ok();
}

function begin(call: Call, model: ImportModel): Work {
  const { world } = call;
  const members = requireAll(model.members);
  // The vendor builds a dictionary keyed by external id, which throws on a duplicate.
  if (world.membersByExternalId.hasDuplicates) throw crash();
  const external = new Map<string, Member>();
  for (const member of world.members.values()) {
    const key = linkedId(member);
    if (key !== null) external.set(key, member);
  }
  const wanted = members.filter((member) => !member.deleted);
  const wantedIds = new Set(wanted.map((member) => member.externalId));
  return { call, model, members, wanted, wantedIds, external, known: new Map(external), removed: [] };
}

/** Matched by external id only; owners are skipped, administrators are not. */
function removeDeleted(work: Work): void {
  const ids = new Set(work.members.filter((item) => item.deleted).map((item) => item.externalId));
  for (const id of ids) {
    const member = work.external.get(id);
    if (member === undefined || member.type === OWNER || work.wantedIds.has(id)) continue;
    remove(work, id, member);
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
  for (const [key, member] of candidates) remove(work, key, member);
}

function remove(work: Work, key: string, member: Member): void {
  work.known.delete(key);
  work.call.world.removeMember(member);
  work.removed.push(member);
}

/** Members without an external id take the one of their exact e-mail. Nothing else of them changes. */
function linkByEmail(work: Work): void {
  const { world } = work.call;
  if (work.wanted.length === 0) return;
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

async function addMissing(work: Work): Promise<void> {
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
  await inviteAll(work, newcomers, seats);
}

/**
 * The people are there before the first mail; the mails go out one after the other inside the request. Any failure in
 * here takes back the people just added and the seats just bought, and groups are never reached.
 */
async function inviteAll(work: Work, newcomers: ImportedMember[], missing: number): Promise<void> {
  const { call } = work;
  const { world } = call;
  const { organization } = world;
  const seatsBefore = organization.seats;
  const added = addAll(work, newcomers, INVITED);
  try {
    buySeatsForImport(world, missing);
    for (const member of added) {
      await call.spend("mail");
      if (!organization.mailWorks) throw badInvite("Failed to send invitation e-mails.");
      world.outbox.push({ kind: "invite", to: member.email ?? "" });
    }
  } catch (refusal) {
    for (const member of added) world.removeMember(member);
    refundSeats(world, seatsBefore);
    throw refusal;
  }
  for (const member of added) world.log(EVENT.invited, { memberId: member.id });
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

/** Matched by external id only, never by name: first all that are new, then all that are known. */
async function applyGroups(work: Work): Promise<void> {
  const { world } = work.call;
  const [first] = work.model.groups;
  if (first === undefined) return;
  if (first === null) throw crash();
  if (!world.organization.useGroups) throw badRule("Organization cannot use groups.");
  const items = new Map(requireAll(work.model.groups).map((item) => [item.externalId, item]));
  if (items.size < work.model.groups.length || world.groupsByExternalId.hasDuplicates) throw crash();
  const known = [...items].flatMap(([id, item]) => {
    const group = world.groupsByExternalId.first(id);
    return group === undefined ? [] : [{ group, item }];
  });
  await createGroups(work, new Map([...items].filter(([id]) => !world.groupsByExternalId.has(id))));
  for (const { group, item } of known) {
    await work.call.spend("group");
    if (group.name !== item.name) world.changeGroup(group, { name: item.name });
    setMembers(work, group, item);
  }
  // Noise: the vendor logs an update for every matched group, changed or not.
  for (const { group } of known) world.log(EVENT.groupUpdated, { groupId: group.id });
}

async function createGroups(work: Work, items: ReadonlyMap<string, ImportedGroup>): Promise<void> {
  const { world } = work.call;
  const created: Group[] = [];
  for (const [externalId, item] of items) {
    await work.call.spend("group");
    const group = world.addGroup({ name: item.name, externalId, collections: [] });
    setMembers(work, group, item);
    created.push(group);
  }
  for (const { id } of created) world.log(EVENT.groupCreated, { groupId: id });
}

/** Replacement is total; unknown members are silently dropped. */
function setMembers(work: Work, group: Group, item: ImportedGroup): void {
  const memberIds = item.memberExternalIds.flatMap((key) => work.known.get(key)?.id ?? []);
  work.call.world.setGroupMembers(group.id, memberIds);
}
