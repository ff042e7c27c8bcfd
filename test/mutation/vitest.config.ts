import { defineConfig } from "vitest/config";

/** The tests that are to notice a change of `src/domain`: the tables, without the properties, which are slow and roll dice. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/unit/spec/**/*.test.ts", "test/unit/{closure,guard,scope}.test.ts"],
    pool: "forks",
  },
});
