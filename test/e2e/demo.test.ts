import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { differences } from "../demo/compare.ts";
import type { Dump } from "../fakes/bitwarden/dump.ts";
import type { OktaDump } from "../fakes/okta/types.ts";

const DEMO = fileURLToPath(new URL("../demo/main.ts", import.meta.url));

const summarySchema = z.object({
  equal: z.boolean(),
  differences: z.array(z.string()),
  events: z.number(),
  accepted: z.number(),
  failed: z.number(),
  held: z.object({ accident: z.number(), now: z.number() }),
  scenes: z.array(
    z.object({ kind: z.string(), latencyMs: z.number().nullable(), calls: z.record(z.string(), z.number()) }),
  ),
});

async function runDemo(args: string[], onOutput?: (all: string, pid: number) => void) {
  const child = spawn(process.execPath, [DEMO, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
    onOutput?.(output.stdout, child.pid ?? 0);
  });
  await once(child, "close");
  return { code: child.exitCode, ...output };
}

function configIn(stdout: string): string {
  const config = /\S+bwbridge-demo-\S+bridge\.yaml/.exec(stdout)?.[0];
  if (config === undefined) throw new Error(`no configuration is named in:\n${stdout}`);
  return config;
}

describe("npm run demo", () => {
  test("--once --json plays a day in the life, and Bitwarden ends equal to Okta", { timeout: 90_000 }, async () => {
    const { code, stdout, stderr } = await runDemo(["--once", "--json", "--users", "80"]);
    expect(stderr).toBe("");
    const summary = summarySchema.parse(JSON.parse(stdout));
    expect(summary).toMatchObject({ equal: true, differences: [], failed: 0 });
    expect(code).toBe(0);
    expect(summary.accepted).toBe(summary.events);
    expect(summary.held.now).toBe(0);
    expect(summary.held.accident).toBeGreaterThan(5);
    const kinds = ["joiner", "mover", "leaver", "suspended", "returned", "rename", "new e-mail", "burst"];
    expect(summary.scenes.map(({ kind }) => kind)).toEqual(kinds);
    const burst = summary.scenes.find(({ kind }) => kind === "burst");
    const writes = Object.entries(burst?.calls ?? {}).filter(([route]) => !route.startsWith("GET "));
    expect(writes).toEqual([["PUT groups/{id}/member-ids", 1]]);
  });

  test("it stays up for the visitor until Ctrl-C, and leaves nothing behind", { timeout: 90_000 }, async () => {
    let config = "";
    const { code, stdout, stderr } = await runDemo(["--users", "80"], (all, pid) => {
      if (config !== "" || !all.includes("Ctrl-C ends the demo")) return;
      config = configIn(all);
      process.kill(pid, "SIGINT");
    });
    expect(stderr).toBe("");
    expect(stdout).toContain("http://127.0.0.1:");
    expect(code).toBe(0);
    expect(existsSync(config)).toBe(false);
  });

  test("a bridge that dies is shown with its last lines, and fails the demo", { timeout: 90_000 }, async () => {
    let killed = false;
    const { code, stdout, stderr } = await runDemo(["--users", "80"], (all) => {
      const url = /the bridge\s+\S+\s+process (\d+)/.exec(all);
      if (killed || url === null || !all.includes("joiner")) return;
      killed = true;
      process.kill(Number(url[1]), "SIGKILL");
    });
    expect(killed).toBe(true);
    expect(stderr).toContain("The bridge has ended. Its last lines:");
    expect(stderr).toContain('"level":"info"');
    expect(code).toBe(1);
    expect(existsSync(configIn(stdout))).toBe(false);
  });

  test("what is mistyped is answered with the usage", async () => {
    const { code, stderr } = await runDemo(["--users", "7"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--users takes a whole number from 80 to 5000, not 7");
    expect(stderr).toContain("Usage: npm run demo");
  });
});

function world(): { okta: OktaDump; bitwarden: Dump } {
  return {
    okta: {
      users: [
        { id: "u1", email: "ann@example.com", status: "ACTIVE" },
        { id: "u2", email: "bob@example.com", status: "ACTIVE" },
        { id: "u3", email: "cleo@example.com", status: "SUSPENDED" },
      ],
      groups: [{ id: "g1", name: "Design", members: ["u1", "u3"] }],
    },
    bitwarden: {
      members: [
        { email: "owner@example.com", externalId: null, status: 2, type: 0 },
        { email: "ann@example.com", externalId: "u1", status: 0, type: 2 },
        { email: "bob@example.com", externalId: "u2", status: 2, type: 2 },
        { email: "cleo@example.com", externalId: "u3", status: -1, type: 2 },
      ],
      groups: [
        { name: "Design", externalId: "g1", members: ["owner@example.com", "u1"] },
        { name: "By hand", externalId: null, members: ["u2"] },
      ],
    },
  };
}

describe("the comparison of Okta and Bitwarden", () => {
  test("says nothing of an equal world, of people and groups made by hand, and of frozen memberships", () => {
    const { okta, bitwarden } = world();
    expect(differences(okta, bitwarden)).toEqual([]);
    bitwarden.groups[0]?.members.push("u3");
    expect(differences(okta, bitwarden)).toEqual([]);
  });

  const broken: [string, (okta: OktaDump, bitwarden: Dump) => void, string][] = [
    [
      "a missing member",
      (_, { members }) => members.splice(2, 1),
      "bob@example.com is active in Okta, but no member of Bitwarden",
    ],
    [
      "a revoked active person",
      (_, { members }) => setStatus(members, "u2", -1),
      "bob@example.com is active in Okta, but revoked in Bitwarden",
    ],
    [
      "a leaver with access",
      (_, { members }) => setStatus(members, "u3", 2),
      "cleo@example.com is not active in Okta, but a member of Bitwarden",
    ],
    [
      "a deleted person with access",
      ({ users }) => users.splice(1, 1),
      "bob@example.com is not active in Okta, but a member of Bitwarden",
    ],
    [
      "a doubled member",
      (_, { members }) => members.push({ email: "b@example.com", externalId: "u2", status: 2, type: 2 }),
      "bob@example.com is 2 members of Bitwarden",
    ],
    [
      "a lost membership",
      (_, { groups }) => groups[0]?.members.pop(),
      "ann@example.com is missing in Design in Bitwarden",
    ],
    [
      "a membership too many",
      (_, { groups }) => groups[0]?.members.push("u2"),
      "bob@example.com is in Design in Bitwarden, but not in Okta",
    ],
    [
      "an old group name",
      ({ groups }) => groups.splice(0, 1, { id: "g1", name: "Art", members: ["u1"] }),
      "the group Art is named Design in Bitwarden",
    ],
    ["a missing group", (_, { groups }) => groups.shift(), "the group Design is not in Bitwarden"],
    ["a group too many", ({ groups }) => groups.shift(), "the group Design is in Bitwarden, but not in Okta"],
  ];

  test.each(broken)("names %s", (_, breakIt, sentence) => {
    const { okta, bitwarden } = world();
    breakIt(okta, bitwarden);
    expect(differences(okta, bitwarden)).toEqual([sentence]);
  });
});

function setStatus(members: Dump["members"], id: string, status: number): void {
  for (const member of members) if (member.externalId === id) member.status = status;
}
