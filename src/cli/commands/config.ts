import { checkSecrets, refuseProblems } from "../../config/secrets/check.ts";
import { configJsonSchema } from "../../config/document.ts";
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/parse.ts";
import { showConfig } from "../../config/show.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { startLine } from "../../app/start-line.ts";
import { answer } from "../terminal/answer.ts";
import { columns } from "../terminal/words.ts";

/** Checks the configuration and every secret that it names; throws CONFIG_INVALID with all problems. */
export function configValidate(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  const findings = checkSecrets(config);
  refuseProblems(config.file, findings.problems);
  const warnings = [...config.warnings, ...findings.warnings];
  answer(call, { valid: true, warnings, ...startLine(config) }, () => summary(config, warnings));
  return Promise.resolve(EXIT.done);
}

/** Prints what is in force, defaults included; secrets appear only as the places where they are. */
export function configShow(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  // JSON is YAML too: what is printed can be used as the configuration file.
  call.terminal.print(JSON.stringify(showConfig(config), null, call.json ? 0 : 2));
  return Promise.resolve(EXIT.done);
}

/** Prints the JSON Schema of the configuration file, for editors. */
export function configSchemaCommand(call: Call): Promise<ExitCode> {
  call.terminal.print(JSON.stringify(configJsonSchema(), null, call.json ? 0 : 2));
  return Promise.resolve(EXIT.done);
}

function summary(config: Config, warnings: string[]): string[] {
  const { organizations, connections, store } = config;
  return [
    `${config.file} is valid.`,
    ...columns([
      ...organizations.map(({ name, mode, firstRun, bitwarden }) => [
        "  organization",
        name,
        `${bitwarden.urls.api}, mode ${mode}, first run ${firstRun}`,
      ]),
      ...connections.map(({ name, organization, directory, push }) => [
        "  connection",
        name,
        `${directory.type} → ${organization}, event hooks ${push.enabled ? "on" : "off"}`,
      ]),
      ["  store", store.sqlite, ""],
    ]),
    ...warnings.map((warning) => `Warning: ${warning}`),
  ];
}
