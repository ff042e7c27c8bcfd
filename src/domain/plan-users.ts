import { PLAIN_USER, REVOKED, type Member } from "./bitwarden.ts";
import { note, type Draft, type LiveIndex, type PlanInput } from "./draft.ts";
import type { LedgerUser, UserRecord } from "./model.ts";
import type { OperationData, OperationType, PlannedOperation } from "./operation.ts";
import { verdictOfUser } from "./verdict.ts";

/** Bitwarden stores 256 characters; one @ with something on both sides is all its import asks for. */
const EMAIL = /^[^\s@]{1,200}@[^\s@]{1,200}$/;

/** Decides one user: nothing, adoption, or the operation that brings Bitwarden in step. */
export function planUser(user: UserRecord, input: PlanInput, index: LiveIndex, draft: Draft): void {
  const ledger = input.model.ledgerUsers.get(user.key);
  if (ledger) {
    planManaged(user, ledger, input, draft);
    return;
  }
  const owners = index.membersByExternalId.get(user.externalId) ?? [];
  const [owner] = owners;
  const predecessor = owner && index.ledgerUserOf.get(owner.id);
  if (owners.length > 1) {
    absent(user, draft);
    const text = `${String(owners.length)} members of Bitwarden carry the external id ${user.externalId}; clear it on all but one, every import fails until then.`;
    note(draft, "user", user, "duplicate-external-id", nameOf(user), text);
  } else if (predecessor && input.model.users.get(predecessor.key)?.state === "active") {
    absent(user, draft);
    const text = `Another active user of the directory has the external id ${user.externalId} and is a member already; correct the directory.`;
    note(draft, "user", user, "duplicate-external-id", nameOf(user), text);
  } else if (predecessor && owner.email.toLowerCase() !== user.email) {
    // A name may be given to somebody else; the vault account behind the member stays its first owner's.
    absent(user, draft);
    const text = `Has the external id ${user.externalId} of ${owner.email}, who left: clear the external id of that Bitwarden member to let the new person be invited.`;
    note(draft, "user", user, "external-id-of-a-leaver", nameOf(user), text);
  } else if (owner) {
    const adopted = adopt(user, owner, predecessor?.revokedByUs ?? false);
    draft.adoptedUsers.push(adopted);
    planManaged(user, adopted, input, draft);
  } else {
    planUnmanaged(user, input, index, draft);
  }
}

function planManaged(user: UserRecord, ledger: LedgerUser, input: PlanInput, draft: Draft): void {
  const verdict = verdictOfUser(user, input.options);
  const member = input.live.members.get(ledger.bwId);
  draft.memberIdOf.set(user.key, ledger.bwId);
  if (!member) {
    draft.userStanding.set(user.key, "absent");
    draft.memberIdOf.delete(user.key);
    if (verdict.want === "leave" && user.confirmed) draft.forgotten.push({ kind: "user", key: user.key });
    else if (verdict.want === "in")
      note(
        draft,
        "user",
        user,
        "removed-by-hand",
        nameOf(user),
        "Was removed from Bitwarden by hand; the bridge does not invite again by itself.",
      );
    return;
  }
  if (verdict.want === "leave") planLeaver(user, member, verdict, input, draft);
  else if (verdict.want === "in") planStayer(user, ledger, member, input, draft);
  else draft.userStanding.set(user.key, "frozen");
}

function planLeaver(
  user: UserRecord,
  member: Member,
  verdict: { action: "revoke" | "remove" | "report"; why: string },
  input: PlanInput,
  draft: Draft,
): void {
  draft.userStanding.set(user.key, "frozen");
  const done = member.status === REVOKED && verdict.action !== "remove";
  if (done) return;
  if (!user.confirmed) {
    draft.nominations.push({ kind: "user", key: user.key });
  } else if (isProtected(user, member, input.protected)) {
    note(
      draft,
      "user",
      user,
      "protected-leaver",
      nameOf(user),
      `${sentence(verdict.why)}, but is an owner, an admin, has a custom role or is protected: revoke by hand if that is right.`,
    );
  } else if (verdict.action === "report") {
    note(
      draft,
      "user",
      user,
      "leaver-reported",
      nameOf(user),
      `${sentence(verdict.why)}; the configuration says report only.`,
    );
  } else {
    const type = verdict.action === "remove" ? "member.remove" : "member.revoke";
    draft.operations.push(operation(type, user, {}, verdict.why));
  }
}

function planStayer(user: UserRecord, ledger: LedgerUser, member: Member, input: PlanInput, draft: Draft): void {
  const revoked = member.status === REVOKED;
  const comesBack = ledger.revokedByUs && input.options.users;
  draft.userStanding.set(user.key, revoked && !comesBack ? "frozen" : "enforced");
  if (revoked && ledger.revokedByUs) {
    draft.operations.push(
      operation("member.restore", user, {}, "active again in the directory, and revoked by this bridge"),
    );
  } else if (revoked) {
    note(
      draft,
      "user",
      user,
      "revoked-by-hand",
      nameOf(user),
      "Was revoked in Bitwarden by hand; the bridge restores only what it revoked itself.",
    );
  }
  // One operation per person at a time: a member that is about to be restored is linked afterwards.
  if (member.externalId === null && !(revoked && ledger.revokedByUs)) {
    const data = { email: member.email.toLowerCase(), externalId: ledger.externalId };
    draft.operations.push(operation("member.link", user, data, "the external id was cleared in Bitwarden"));
  } else if (member.externalId !== null && member.externalId !== ledger.externalId) {
    note(
      draft,
      "user",
      user,
      "external-id-changed",
      nameOf(user),
      `The external id was changed in Bitwarden to ${member.externalId}; set it back to ${ledger.externalId} or let the other tool manage this person.`,
    );
  }
  if (user.email !== null && member.email.toLowerCase() !== user.email) {
    note(
      draft,
      "user",
      user,
      "email-differs",
      nameOf(user),
      `The directory says ${user.email}, Bitwarden says ${member.email}; the member stays. Bitwarden e-mail addresses can only be changed by the user or an admin.`,
    );
  }
}

function planUnmanaged(user: UserRecord, input: PlanInput, index: LiveIndex, draft: Draft): void {
  absent(user, draft);
  const verdict = verdictOfUser(user, input.options);
  const sameEmail = user.email === null ? [] : (index.membersByEmail.get(user.email) ?? []);
  if (verdict.want === "leave" && sameEmail.some((member) => member.status !== REVOKED)) {
    note(
      draft,
      "user",
      user,
      "unmanaged-leaver",
      nameOf(user),
      `${sentence(verdict.why)}, but the Bitwarden member of that address is not managed by this bridge: revoke by hand if that is right.`,
    );
  }
  if (verdict.want !== "in" || !input.options.users) return;
  const email = usableEmail(user, input, draft);
  if (email === null) return;
  const [member] = sameEmail;
  if (!member) {
    draft.userStanding.set(user.key, "enforced");
    draft.operations.push(
      operation(
        "member.invite",
        user,
        { email, externalId: user.externalId },
        "active in the directory, not yet in Bitwarden",
      ),
    );
  } else if (sameEmail.length === 1 && member.externalId === null && !isTaken(member, input, index)) {
    draft.userStanding.set(user.key, member.status === REVOKED ? "frozen" : "enforced");
    draft.operations.push(
      operation("member.link", user, { email, externalId: user.externalId }, "same e-mail address, no external id yet"),
    );
  } else {
    note(
      draft,
      "user",
      user,
      "email-of-another-member",
      nameOf(user),
      `The address belongs to a Bitwarden member with the external id ${member.externalId ?? "(none)"}; clear that id to let this bridge take over.`,
    );
  }
}

/** Managed for somebody else who is active: its external id was only cleared by hand. */
function isTaken(member: Member, input: PlanInput, index: LiveIndex): boolean {
  const holder = index.ledgerUserOf.get(member.id);
  return holder !== undefined && input.model.users.get(holder.key)?.state === "active";
}

function usableEmail(user: UserRecord, input: PlanInput, draft: Draft): string | null {
  if (user.email === null) {
    note(
      draft,
      "user",
      user,
      "no-email",
      user.externalId,
      "Has no e-mail address in the directory, so cannot be invited.",
    );
    return null;
  }
  if (!EMAIL.test(user.email)) {
    note(
      draft,
      "user",
      user,
      "bad-email",
      user.email,
      "The e-mail address is not one that Bitwarden accepts; correct it in the directory.",
    );
    return null;
  }
  if (input.model.duplicateEmails.has(user.email)) {
    note(
      draft,
      "user",
      user,
      "duplicate-email",
      user.email,
      "Several active directory users have this address; give each their own, none of them is invited until then.",
    );
    return null;
  }
  return user.email;
}

function isProtected(user: UserRecord, member: Member, addresses: Set<string>): boolean {
  return (
    member.type !== PLAIN_USER ||
    addresses.has(member.email.toLowerCase()) ||
    (user.email !== null && addresses.has(user.email))
  );
}

function adopt(user: UserRecord, member: Member, revokedByUs: boolean): LedgerUser {
  return {
    key: user.key,
    externalId: user.externalId,
    bwId: member.id,
    email: member.email,
    status: member.status,
    type: member.type,
    revokedByUs,
  };
}

function operation(type: OperationType, user: UserRecord, data: OperationData, reason: string): PlannedOperation {
  const evidence = `${user.confirmed ? "direct read" : "snapshot"} ${String(user.readNo)}: ${user.state}`;
  return { type, kind: "user", key: user.key, object: "", data, label: nameOf(user), reason, evidence };
}

function absent(user: UserRecord, draft: Draft): void {
  draft.userStanding.set(user.key, "absent");
}

function nameOf(user: UserRecord): string {
  return user.email ?? user.externalId;
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
