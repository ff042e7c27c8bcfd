import { writeSync } from "node:fs";

/** For `node --import`: at exit writes what the process has used to file descriptor 3, as getrusage(2) counts it. */
const USAGE_FD = 3;

process.once("exit", () => {
  writeSync(USAGE_FD, JSON.stringify(process.resourceUsage()));
});
