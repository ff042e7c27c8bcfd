import { loadConfig } from "../../config/load.ts";
import { storeHolder } from "../../store/lock.ts";
import { chooseConnections, usage } from "../arguments.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { request } from "../request.ts";
import { answer } from "../terminal/answer.ts";

/** Lets connections work by themselves again. */
export function start(call: Call): Promise<ExitCode> {
  return switchTo(call, "start");
}

/** Keeps connections from reading and writing; what arrives is kept for later. */
export function stop(call: Call): Promise<ExitCode> {
  return switchTo(call, "stop");
}

async function switchTo(call: Call, command: "start" | "stop"): Promise<ExitCode> {
  const config = loadConfig(call.config);
  const [name] = call.words;
  if (name !== undefined && call.flag("all"))
    throw usage("either a connection or --all", `See \`bwbridge help ${command}\`.`);
  const chosen = chooseConnections(config, name);
  if (name === undefined && !call.flag("all") && chosen.length > 1) {
    throw usage(
      `which connection should ${command}?`,
      `Name one of ${chosen.map((connection) => connection.name).join(", ")}, or use --all.`,
    );
  }
  const connections = chosen.map((connection) => connection.name);
  await request(config, { command, connections }, call);
  const service = await storeHolder(config.store.sqlite);
  const [done, meaning] =
    command === "start"
      ? ["started", "it reads and writes by itself"]
      : ["stopped", "changes are received and kept, nothing is read or written"];
  answer(call, { [done]: connections, service }, () => [
    ...connections.map((connection) => `${connection} is ${done}: ${meaning}`),
    ...(command === "start" && service === null ? ["No service is running: start `bwbridge serve`."] : []),
  ]);
  return EXIT.done;
}
