import { PLAIN_USER, REVOKED, type Member } from "../../domain/bitwarden.ts";
import { BridgeError, type ErrorCode } from "../../domain/errors.ts";
import type { LedgerUser } from "../../domain/model.ts";
import { forget, loadLedgerUsers, saveLedgerUsers } from "../../store/ledger.ts";
import type { OperationRow } from "../../store/operations.ts";
import type { Connection } from "../connection.ts";
import { attempt, beginSending, completeOperations, notApplied, withdraw, type ReadBack } from "./outcome.ts";

/** From so many members on, one list costs less than reads by id. */
const LIST_FROM = 6;

const HOST_WIDE = new Set<ErrorCode>(["BITWARDEN_UNREACHABLE", "BITWARDEN_THROTTLED", "BITWARDEN_DENIED"]);

interface Sent {
  operation: OperationRow;
  ledger: LedgerUser;
}

/** Revokes, restores or removes members one by one, then reads them back together. */
export async function deliverMembers(connection: Connection, operations: OperationRow[]): Promise<void> {
  const { reader } = connection.database;
  const keys = operations.map((operation) => operation.key);
  const known = await loadLedgerUsers(reader, connection.owner, keys);
  const sent: Sent[] = [];
  for (const operation of operations) {
    const ledger = known.get(operation.key);
    if (!ledger) {
      await withdraw(connection, [operation], "the member is no longer managed");
      continue;
    }
    const error = await attempt(connection, [operation], async () => {
      await beginSending(connection, [operation], operation.type);
      await send(connection, { operation, ledger });
    });
    if (error === null) sent.push({ operation, ledger });
    // The others would meet the same; they stay ready.
    else if (HOST_WIDE.has(error.code)) break;
  }
  const sentOperations = sent.map(({ operation }) => operation);
  await attempt(connection, sentOperations, () => readBack(connection, sent));
}

async function send(connection: Connection, { operation, ledger }: Sent): Promise<void> {
  const { bitwarden } = connection;
  const takesAway = operation.type !== "member.restore";
  // An earlier attempt may have worked, and an approval may be days old: look before repeating.
  if (operation.attempts > 0 || operation.approvedBy !== null) {
    const member = await bitwarden.getMember(ledger.bwId, takesAway ? "revocation" : "normal");
    if (!member || isDone(operation, member)) return;
    if (takesAway && isProtected(connection, member)) throw nowProtected(operation);
  }
  if (operation.type === "member.revoke") await bitwarden.revokeMember(ledger.bwId);
  else if (operation.type === "member.remove") await bitwarden.removeMember(ledger.bwId);
  else await bitwarden.restoreMember(ledger.bwId);
}

async function readBack(connection: Connection, sent: Sent[]): Promise<void> {
  if (sent.length === 0) return;
  const members = await readMembers(connection, sent);
  const done: Sent[] = [];
  const missing: ReadBack["missing"] = [];
  for (const item of sent) {
    const member = members.get(item.ledger.bwId) ?? null;
    if (member === null ? item.operation.type !== "member.restore" : isDone(item.operation, member)) done.push(item);
    else missing.push({ operation: item.operation, error: notApplied(item.operation, describe(member)) });
  }
  await completeOperations(connection, {
    done: done.map(({ operation }) => operation),
    missing,
    async ledger(trx, now) {
      const rows: LedgerUser[] = [];
      for (const { operation, ledger } of done) {
        const member = members.get(ledger.bwId);
        if (!member) await forget(trx, connection.owner, "user", operation.key);
        else
          rows.push({
            ...ledger,
            status: member.status,
            type: member.type,
            email: member.email,
            revokedByUs: operation.type === "member.revoke",
          });
      }
      await saveLedgerUsers(trx, connection.owner, rows, now);
    },
  });
}

async function readMembers(connection: Connection, sent: Sent[]): Promise<Map<string, Member>> {
  const priority = sent.some(({ operation }) => operation.type !== "member.restore") ? "revocation" : "normal";
  const ids = sent.map(({ ledger }) => ledger.bwId);
  if (ids.length >= LIST_FROM) {
    return new Map((await connection.bitwarden.listMembers(priority)).map((member) => [member.id, member]));
  }
  const members = new Map<string, Member>();
  for (const id of ids) {
    const member = await connection.bitwarden.getMember(id, priority);
    if (member) members.set(id, member);
  }
  return members;
}

function isDone(operation: OperationRow, member: Member): boolean {
  if (operation.type === "member.revoke") return member.status === REVOKED;
  if (operation.type === "member.restore") return member.status !== REVOKED;
  return false;
}

function isProtected(connection: Connection, member: Member): boolean {
  return member.type !== PLAIN_USER || connection.protected.has(member.email.toLowerCase());
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

function describe(member: Member | null): string {
  return member ? `the member's status is ${String(member.status)}` : "the member does not exist";
}
