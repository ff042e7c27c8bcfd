import { loadConfig } from "../../config/load.ts";
import { transaction } from "../../store/database.ts";
import { isTaken, renameConnection, renameOrganization } from "../../store/rename.ts";
import { usage } from "../arguments.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { openOwned } from "../open-store.ts";
import { answer } from "../terminal/answer.ts";

/** Carries the state of a connection over to the name that the configuration now gives it. */
export function connectionsRename(call: Call): Promise<ExitCode> {
  return rename(call, "connection");
}

/** Carries the state of an organization over to the name that the configuration now gives it. */
export function organizationsRename(call: Call): Promise<ExitCode> {
  return rename(call, "organization");
}

async function rename(call: Call, what: "connection" | "organization"): Promise<ExitCode> {
  const config = loadConfig(call.config);
  const [before, now] = call.words;
  if (before === undefined || now === undefined) {
    throw usage("which name, and which one now?", `Example: bwbridge ${what}s rename old-name new-name`);
  }
  const configured = (what === "connection" ? config.connections : config.organizations).map(({ name }) => name);
  if (configured.includes(before)) throw usage(`"${before}" is still in ${config.file}`, "Rename it there first.");
  if (!configured.includes(now)) throw usage(`"${now}" is not in ${config.file}`, "Rename it there first.");
  await using owned = await openOwned(config, `bwbridge ${what}s rename`);
  if (await isTaken(owned.database.reader, what, now)) {
    throw usage(`the store has a ${what} "${now}" already`, "Two cannot be merged: choose a name that is not in use.");
  }
  const renameOne = what === "connection" ? renameConnection : renameOrganization;
  const done = await transaction(owned.database, (trx) => renameOne(trx, before, now));
  if (!done) throw usage(`the store knows no ${what} "${before}"`, "Look at the old configuration for its name.");
  answer(call, { renamed: before, to: now }, () => [`The ${what} "${before}" is now "${now}".`]);
  return EXIT.done;
}
