import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { NODE_FLAGS } from "../e2e/node-flags.ts";

test("the binary and the systemd unit start Node with the same flags as npm run bridge", () => {
  const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const flags = NODE_FLAGS.join(" ");

  expect(flags).toContain("--max-old-space-size=");
  expect(read("src/main.ts").split("\n")[0]).toBe(`#!/usr/bin/env -S node ${flags}`);
  expect(read("deploy/bwbridge.service")).toContain(`ExecStart=/usr/bin/node ${flags} /opt/bwbridge/src/main.ts serve`);
});
