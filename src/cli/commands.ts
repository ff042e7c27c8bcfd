import type { Command } from "./command.ts";

/** Every command, in the order of the help. */
export const COMMANDS: Command[] = [
  {
    name: "serve",
    summary: "Run the bridge: receive event hooks, poll, and keep Bitwarden in step.",
    details:
      "Writes one JSON line per event to standard output. SIGTERM or Ctrl-C stops it in order; a second one ends it at once.",
    example: "bwbridge serve --config /etc/bwbridge/bridge.yaml",
    run: async (call) => (await import("./serve.ts")).serve(call),
  },
];
