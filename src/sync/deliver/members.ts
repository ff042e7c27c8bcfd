import { REVOKED, type Member } from "../../domain/bitwarden.ts";
import type { Priority } from "../../bitwarden/bitwarden.ts";
import { BridgeError } from "../../domain/errors.ts";
import { isProtectedMember } from "../../domain/plan/users.ts";
import type { LedgerUser } from "../../domain/model.ts";
import { forget, loadLedgerUsers, saveLedgerUsers } from "../../store/ledger/ledger.ts";
import type { OperationRow } from "../../store/operations/operations.ts";
import type { Organization } from "../organization.ts";
import { findMember, listMembers } from "../live-lists.ts";
import {
  attempt,
  completeOperations,
  concernsEverybody,
  failOperations,
  goOn,
  notApplied,
  withdraw,
  write,
  type ReadBack,
} from "./outcome.ts";

/** From so many members on, one list costs less than reads by id. */
const LIST_FROM = 6;

interface Sent {
  operation: OperationRow;
  ledger: LedgerUser;
  /** What is found now may be our doing: this request changed it, or an earlier one whose answer was lost. */
  ours: boolean;
}

/** Revokes, restores or removes members one by one, then reads them back together. */
export async function deliverMembers(context: Organization, operations: OperationRow[]): Promise<void> {
  const known = await loadLedgerUsers(
    context.database.reader,
    context.name,
    operations.map((operation) => operation.key),
  );
  const managed = operations.filter((operation) => known.has(operation.key));
  const strangers = operations.filter((operation) => !known.has(operation.key));
  await withdraw(context, strangers, "the member is no longer managed");
  const sent: Sent[] = [];
  for (const [at, operation] of managed.entries()) {
    const ledger = known.get(operation.key);
    if (!ledger) continue;
    const ended = await attempt(context, [operation], async () => {
      sent.push({ operation, ledger, ours: await send(context, operation, ledger) });
    });
    if (ended === "stopped") break;
    if (!concernsEverybody(ended)) continue;
    await failOperations(context, managed.slice(at + 1), ended);
    break;
  }
  await attempt(
    context,
    sent.map(({ operation }) => operation),
    () => readBack(context, sent),
  );
}

/** Answers whether what is found afterwards may be our doing. */
async function send(context: Organization, operation: OperationRow, ledger: LedgerUser): Promise<boolean> {
  const { bitwarden } = context;
  const sentBefore = operation.sentAt !== null;
  // An earlier request may have worked, and an approval may be days old: look before repeating.
  if (sentBefore || operation.approvedBy !== null) {
    const member = await findMember(context, ledger.bwId, priorityOf(operation));
    if (!member || isDone(operation, member)) return sentBefore;
    if (takesAway(operation) && isProtectedMember(member, context.protected)) throw nowProtected(operation);
  }
  const written = await write(context, [operation], operation.type, (lastLook) => {
    if (operation.type === "member.revoke") return bitwarden.revokeMember(ledger.bwId, lastLook);
    if (operation.type === "member.remove") return bitwarden.removeMember(ledger.bwId, lastLook);
    return bitwarden.restoreMember(ledger.bwId);
  });
  return sentBefore || written === "done";
}

async function readBack(context: Organization, sent: Sent[]): Promise<void> {
  await goOn(context);
  const members = await readMembers(context, sent);
  const memberOf = ({ ledger }: Sent): Member | undefined => members.get(ledger.bwId);
  const gone = sent.filter((item) => item.operation.type === "member.restore" && !memberOf(item));
  await withdraw(
    context,
    gone.map(({ operation }) => operation),
    "the member is no longer in Bitwarden",
  );
  const done: Sent[] = [];
  const missing: ReadBack["missing"] = [];
  for (const item of sent.filter((one) => !gone.includes(one))) {
    const member = memberOf(item);
    if (!member || isDone(item.operation, member)) done.push(item);
    else missing.push({ operation: item.operation, error: notApplied(item.operation, describe(member)) });
  }
  await completeOperations(context, {
    done: done.map(({ operation }) => operation),
    missing,
    conclusive: true,
    seen: (operation) => {
      const item = done.find((one) => one.operation === operation);
      return item && seen(item, memberOf(item));
    },
    async ledger(trx, now) {
      const rows: LedgerUser[] = [];
      for (const item of done) {
        const member = memberOf(item);
        if (!member) {
          await forget(trx, context.name, "user", item.operation.key);
          continue;
        }
        const { email, status, type } = member;
        rows.push({ ...item.ledger, email, status, type, revokedByUs: isOurs(item) });
      }
      await saveLedgerUsers(trx, context.name, rows, now);
    },
  });
}

/** Whoever is found revoked without our doing was revoked by hand, and is not restored by the bridge. */
function isOurs({ operation, ledger, ours }: Sent): boolean {
  return operation.type === "member.revoke" && (ours || ledger.revokedByUs);
}

function seen({ operation, ours }: Sent, member: Member | undefined): string | undefined {
  if (!member) return ours && operation.type === "member.remove" ? "removed by this bridge" : "already gone";
  return ours ? undefined : `already so: ${describe(member)}`;
}

async function readMembers(context: Organization, sent: Sent[]): Promise<Map<string, Member>> {
  const priority = sent.some(({ operation }) => takesAway(operation)) ? "revocation" : "normal";
  if (sent.length >= LIST_FROM) {
    return new Map((await listMembers(context, priority)).map((member) => [member.id, member]));
  }
  const members = new Map<string, Member>();
  for (const { ledger } of sent) {
    const member = await findMember(context, ledger.bwId, priority);
    if (member) members.set(member.id, member);
  }
  return members;
}

function takesAway(operation: OperationRow): boolean {
  return operation.type !== "member.restore";
}

function priorityOf(operation: OperationRow): Priority {
  return takesAway(operation) ? "revocation" : "normal";
}

function isDone(operation: OperationRow, member: Member): boolean {
  if (operation.type === "member.revoke") return member.status === REVOKED;
  if (operation.type === "member.restore") return member.status !== REVOKED;
  return false;
}

function nowProtected(operation: OperationRow): BridgeError {
  return new BridgeError({
    code: "BITWARDEN_REFUSED",
    side: "bridge",
    subject: operation.label,
    message: `${operation.label} has become an owner, an admin, custom or protected since this was planned`,
    remedy: "Revoke by hand in Bitwarden if that is right.",
    retry: "never",
  });
}

function describe(member: Member): string {
  return `the member's status is ${String(member.status)}`;
}
