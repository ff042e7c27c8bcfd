import { loadConfig } from "../../config/load.ts";
import { transaction } from "../../store/database.ts";
import { forgetDirectory, forgetLedger, ledgerOf, type Forgotten } from "../../store/reset.ts";
import { chooseConnections, chooseOrganizations, usage } from "../arguments.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { openOwned } from "../open-store.ts";
import { answer } from "../terminal/answer.ts";
import { count } from "../terminal/words.ts";

/** Forgets what was read of a directory, as Directory Connector's "clear cache"; the ledger only when told so. */
export async function reset(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  const [name] = call.words;
  const organization = call.text("organization");
  if ((name === undefined) === (organization === undefined)) {
    throw usage("reset what?", "Name a connection, or an organization with --organization.");
  }
  const chosen =
    organization === undefined
      ? chooseConnections(config, name)
      : config.connections.filter((one) => one.organization === chooseOrganizations(config, organization)[0]?.name);
  const scope = organization ?? chosen[0]?.organization ?? "";
  const connection = organization === undefined ? (name ?? null) : null;
  await using owned = await openOwned(config, "bwbridge reset");
  const ledger = await ledgerOf(owned.database.reader, scope, connection);
  if (call.flag("ledger") && !call.flag("yes")) {
    const holds = config.organizations.find((one) => one.name === scope)?.firstRun === "hold";
    answer(call, { forgets: ledger }, () => [
      ...consequences(ledger, holds),
      "Nothing was changed: say it again with --yes.",
    ]);
    return EXIT.held;
  }
  await transaction(owned.database, async (trx) => {
    for (const one of chosen) await forgetDirectory(trx, one.name);
    if (call.flag("ledger")) await forgetLedger(trx, scope, connection);
  });
  const names = chosen.map((one) => one.name);
  answer(call, { reset: names, forgot: call.flag("ledger") ? ledger : null }, () => [
    `What was read of ${names.join(", ")} is forgotten: the next sync reads everything.`,
    ...(call.flag("ledger") ? ["The ledger is forgotten too: look at `bwbridge plan` before you approve."] : []),
  ]);
  return EXIT.done;
}

function consequences({ members, groups, revokedByUs }: Forgotten, holds: boolean): string[] {
  return [
    `The ledger forgets ${count(members, "member")} and ${count(groups, "group")}.`,
    `At the next sync whatever carries an external id of the directory is taken over anew; the first plan ${holds ? "waits for approval again" : "is written at once (`firstRun: apply`)"}.`,
    `${count(revokedByUs, "member")} revoked by the bridge will count as revoked by hand: whoever returns is not restored by itself.`,
    "People who have left the directory by then are not revoked, only listed.",
  ];
}
