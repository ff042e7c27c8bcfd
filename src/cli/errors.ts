import { toBridgeError } from "../domain/errors.ts";
import { EXIT, type ExitCode, type Terminal } from "./command.ts";

/** The exit code of a failure: it says on which side the failure is. */
export function exitCodeOfCode(code: string): ExitCode {
  if (code === "USAGE" || code === "CONFIG_INVALID") return EXIT.usage;
  if (code.startsWith("DIRECTORY_")) return EXIT.directory;
  return code.startsWith("BITWARDEN_") ? EXIT.bitwarden : EXIT.failed;
}

/** Says what failed, on which side, and what to do about it. */
export function tellError(thrown: unknown, json: boolean, terminal: Terminal): ExitCode {
  const error = toBridgeError(thrown);
  const { code, side, message, remedy } = error;
  if (json) terminal.print(JSON.stringify({ error: { code, side, message, remedy } }));
  else terminal.writeError(`${side}: ${message}\n${remedy}\n`);
  // Only an unexpected error shows its stack.
  if (code === "INTERNAL" && error.cause instanceof Error) terminal.writeError(`${error.cause.stack ?? ""}\n`);
  return exitCodeOfCode(code);
}
