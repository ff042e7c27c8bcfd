import { dirname, resolve } from "node:path";
import { crossProblems } from "./cross-checks.ts";
import { configError, pathText, problemsOf, sentenceOf } from "./problems.ts";
import { configSchema, type ConfigValues } from "./schema/schema.ts";
import { secretReferences } from "./secrets/secret.ts";
import { leavesOf } from "./schema/walk.ts";
import { warningsOf } from "./warnings.ts";
import { readYaml } from "./yaml.ts";

/** The whole configuration: checked, with defaults, with absolute paths, with secrets as references. */
export interface Config extends ConfigValues {
  /** The file it came from, absolute. */
  file: string;
  /** What is allowed but probably not meant, one sentence each. */
  warnings: string[];
}

/** Makes every path absolute, starting at the folder of the configuration file. */
function resolvePaths(values: ConfigValues, folder: string): void {
  for (const leaf of leavesOf(configSchema, values)) {
    if (leaf.marks.secret === true) {
      const references = secretReferences
        .parse(leaf.value)
        .map((reference) => ("file" in reference ? { file: resolve(folder, reference.file) } : reference));
      leaf.replace(Array.isArray(leaf.value) ? references : references[0]);
    } else if (leaf.marks.path === true && typeof leaf.value === "string") leaf.replace(resolve(folder, leaf.value));
  }
}

/**
 * Checks a configuration text (YAML or JSON) that came from `file`, and fills in defaults. Secrets are not read.
 * Throws one BridgeError CONFIG_INVALID that lists every problem as `path: sentence (line N)`.
 */
export function parseConfig(text: string, file: string): Config {
  const path = resolve(file);
  const yaml = readYaml(text);
  if ("problems" in yaml) throw configError(path, yaml.problems);
  const parsed = configSchema.safeParse(yaml.value ?? {}, { error: sentenceOf });
  const problems = [...(parsed.success ? [] : problemsOf(parsed.error)), ...crossProblems(yaml.value)];
  if (!parsed.success || problems.length > 0) {
    const placed = problems.map(({ path: key, message }) => ({ key, message, line: yaml.lineOf(key) }));
    placed.sort((left, right) => left.line - right.line);
    throw configError(
      path,
      placed.map(({ key, message, line }) => {
        return `${pathText(key) || "(file)"}: ${message}${line > 0 ? ` (line ${line})` : ""}`;
      }),
    );
  }
  resolvePaths(parsed.data, dirname(path));
  return { ...parsed.data, file: path, warnings: warningsOf(parsed.data) };
}
