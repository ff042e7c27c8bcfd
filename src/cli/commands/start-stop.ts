import { loadConfig } from "../../config/load.ts";
import { storeHolder } from "../../store/lock.ts";
import { chooseConnections, usage } from "../arguments.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { request } from "../request.ts";

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
  if (call.json) {
    call.terminal.print(JSON.stringify({ [command === "start" ? "started" : "stopped"]: connections, service }));
    return EXIT.done;
  }
  for (const connection of connections) {
    call.terminal.print(
      command === "start"
        ? `${connection} is started: it reads and writes by itself`
        : `${connection} is stopped: changes are received and kept, nothing is read or written`,
    );
  }
  if (command === "start" && service === null) {
    call.terminal.print("No service is running: start `bwbridge serve`.");
  }
  return EXIT.done;
}
