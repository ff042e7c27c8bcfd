import { readFileSync } from "node:fs";
import { z } from "zod";

const packageSchema = z.object({ scripts: z.object({ bridge: z.string() }) });
const PACKAGE = new URL("../../package.json", import.meta.url);
const { bridge } = packageSchema.parse(JSON.parse(readFileSync(PACKAGE, "utf8"))).scripts;

/**
 * The flags that `npm run bridge` gives to Node, for tests that start the process themselves. They bound the memory:
 * with V8's defaults on a large machine 100,000 queued hints took 512 MiB while being read instead of 238.
 */
export const NODE_FLAGS = bridge.split(" ").filter((word) => word.startsWith("--"));
