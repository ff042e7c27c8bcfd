import type { Call } from "../command.ts";

/** Prints what a command found out: one JSON document for machines, else lines for people. */
export function answer(call: Call, document: object, lines: () => readonly string[]): void {
  if (call.json) call.terminal.print(JSON.stringify(document));
  else for (const line of lines()) call.terminal.print(line);
}
