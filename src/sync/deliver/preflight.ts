import type { Member } from "../../domain/bitwarden.ts";
import { BridgeError } from "../../domain/errors.ts";
import type { OperationRow } from "../../store/operations.ts";

/**
 * Finds what would make every import answer 500, or be dropped without a word, before it is sent.
 * Bitwarden builds dictionaries by external id and by e-mail and knows no uniqueness itself.
 */
export function conflicts(operations: OperationRow[], members: Member[]): Map<OperationRow, BridgeError> {
  const found = new Map<OperationRow, BridgeError>();
  const byEmail = Map.groupBy(members, (member) => member.email.toLowerCase());
  const byExternalId = Map.groupBy(members, (member) => member.externalId ?? "");
  const poison = [...byExternalId].find(([externalId, owners]) => externalId !== "" && owners.length > 1);
  for (const operation of operations) {
    const { email = "", externalId = "" } = operation.data;
    const owners = byExternalId.get(externalId) ?? [];
    const holders = (byEmail.get(email) ?? []).filter((member) => member.externalId !== externalId);
    if (poison) {
      found.set(
        operation,
        refusal(
          operation,
          `${String(poison[1].length)} members carry the external id ${poison[0]}`,
          `Clear the external id of all but one of ${poison[1].map((member) => member.email).join(", ")} in Bitwarden.`,
        ),
      );
    } else if (owners.length > 0 && holders.some((member) => member.externalId === null)) {
      found.set(
        operation,
        refusal(
          operation,
          `${email} belongs to a second member without external id`,
          "Remove one of the two members in Bitwarden; the older one holds the vault access.",
        ),
      );
    } else if (holders.length > 1 || holders.some((member) => member.externalId !== null)) {
      found.set(
        operation,
        refusal(
          operation,
          `${email} already belongs to another member`,
          "Clear that member's external id in Bitwarden to let this bridge take over.",
        ),
      );
    }
  }
  return found;
}

function refusal(operation: OperationRow, message: string, remedy: string): BridgeError {
  return new BridgeError({
    code: "BITWARDEN_REFUSED",
    side: "bitwarden",
    subject: operation.label,
    message: `not sent: ${message}`,
    remedy,
    retry: "never",
  });
}
