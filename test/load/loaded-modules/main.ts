import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";

/** For `node --import`: at exit writes the URL of every module that was loaded, a line each, to $LOADED_MODULES. */
const file = process.env["LOADED_MODULES"];
const loaded = new Set<string>();
registerHooks({
  load(url, context, nextLoad) {
    loaded.add(url);
    return nextLoad(url, context);
  },
});
process.once("exit", () => {
  if (file !== undefined) writeFileSync(file, [...loaded].join("\n"));
});
