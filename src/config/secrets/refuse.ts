import { BridgeError } from "../../domain/errors.ts";

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
