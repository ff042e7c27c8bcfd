import { BridgeError } from "../../domain/errors.ts";
import { processSurroundings, type Surroundings } from "../environment.ts";
import { pathText } from "../problems.ts";
import { configSchema, type ConfigValues } from "../schema/schema.ts";
import { leavesOf } from "../schema/walk.ts";
import { resolveSecret } from "./resolve.ts";
import { secretReferences, type SecretReference } from "./secret.ts";

/** Read permission of the group and of everybody. */
const READABLE_BY_OTHERS = 0o044;

/** What looking at every secret found, one sentence each, led by the key. */
export interface SecretFindings {
  problems: string[];
  warnings: string[];
}

function look(reference: SecretReference, surroundings: Surroundings): { problem?: string; warning?: string } {
  try {
    resolveSecret(reference, surroundings);
    if (!("file" in reference)) return {};
    const mode = surroundings.fileMode(reference.file) ?? 0;
    if ((mode & READABLE_BY_OTHERS) === 0) return {};
    return { warning: `${reference.file} can be read by other users of this machine: chmod 600 it` };
  } catch (thrown) {
    if (thrown instanceof BridgeError) return { problem: `${thrown.message}. ${thrown.remedy}` };
    throw thrown;
  }
}

/** Reads every secret once, for `config validate` and at start: missing and empty ones, files open to others. */
export function checkSecrets(config: ConfigValues, surroundings: Surroundings = processSurroundings()): SecretFindings {
  const findings: SecretFindings = { problems: [], warnings: [] };
  for (const { key, reference } of secretsOf(config)) {
    const { problem, warning } = look(reference, surroundings);
    if (problem !== undefined) findings.problems.push(`${key}: ${problem}`);
    if (warning !== undefined) findings.warnings.push(`${key}: ${warning}`);
  }
  return findings;
}

/** The values of all secrets that can be read now, so that the log can leave them out. */
export function secretValues(config: ConfigValues): string[] {
  return secretsOf(config).flatMap(({ reference }) => {
    try {
      return [resolveSecret(reference).reveal()];
    } catch (thrown) {
      // Gone while running: whoever needs it says so; there is nothing to leave out.
      if (thrown instanceof BridgeError) return [];
      throw thrown;
    }
  });
}

function secretsOf(config: ConfigValues): { key: string; reference: SecretReference }[] {
  return [...leavesOf(configSchema, config)]
    .filter(({ marks }) => marks.secret === true)
    .flatMap(({ path, value }) =>
      secretReferences.parse(value).map((reference) => ({ key: pathText(path), reference })),
    );
}

/** Throws one CONFIG_INVALID that lists every secret that cannot be used. */
export function refuseProblems(file: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const lines = problems.map((problem) => `  ${problem}`).join("\n");
  throw new BridgeError({
    code: "CONFIG_INVALID",
    side: "configuration",
    subject: file,
    message: `${problems.length === 1 ? "a secret" : "secrets"} named in ${file} cannot be used:\n${lines}`,
    remedy: "Put them where the configuration says, then run `bwbridge config validate`.",
    retry: "never",
  });
}
