import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { askToken, importOf, rawClient, readAnswer, type RawAnswer } from "./raw.ts";
import { startBitwarden } from "./server.ts";

async function door(url: string, name: string, body?: unknown): Promise<RawAnswer> {
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  return readAnswer(await fetch(`${url}/__admin/${name}`, init));
}

test("a member's life through the back door: invited, accepted, confirmed", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  await client.post("/public/organization/import", importOf({ a1: "ann@example.com" }));

  bitwarden.admin.acceptMember("ann@example.com", { name: "Ann" });
  const { id, account, email } = bitwarden.admin.member("ann@example.com");
  bitwarden.admin.confirmMember(id);

  expect(email).toBeNull();
  expect((await client.get(`/public/members/${id}`)).json).toMatchObject({
    email: "ann@example.com",
    name: "Ann",
    userId: account?.id,
    status: 2,
  });
});

test("the HTTP door edits the organization and shows it", async () => {
  await using bitwarden = await startBitwarden();
  const { url } = bitwarden;

  const member = (await door(url, "addMember", { email: "ann@example.com", externalId: "a1" })).json as { id: string };
  const group = (await door(url, "addGroup", { name: "Sales", members: ["ann@example.com"] })).json as { id: string };
  await door(url, "editMember", { id: member.id, type: 1 });
  await door(url, "editGroup", { id: group.id, name: "Sales EU" });
  await door(url, "organization", { seats: 5 });
  await door(url, "revokeMember", { id: member.id });

  expect((await door(url, "dump")).json).toEqual(bitwarden.dump());
  expect(bitwarden.dump()).toMatchObject({
    members: [{ externalId: "a1", status: -1, type: 1 }, {}],
    groups: [{ name: "Sales EU", members: ["a1"] }],
  });
  expect((await door(url, "state")).json).toMatchObject({ organization: { seats: 5 }, members: 2, occupiedSeats: 1 });
  expect((await door(url, "groups")).json).toMatchObject([{ id: group.id, memberIds: [member.id] }]);
  expect((await door(url, "state")).text).not.toContain(bitwarden.clientSecret);
});

test("the HTTP door makes the server slow, its proxy impatient and its lists poor", async () => {
  await using bitwarden = await startBitwarden();
  const { url } = bitwarden;
  const client = rawClient(bitwarden);

  const statuses = [
    await door(url, "slow", { latencyMs: [1, 3], mailMs: 300, gatewayTimeoutMs: 20 }),
    await door(url, "setPolicy", { type: 3, enabled: true }),
    await door(url, "addFault", { kind: "poorList", left: "nobody", times: 1 }),
    await client.post("/public/members", { email: "ann@example.com", type: 2 }),
    await door(url, "slow", { latencyMs: "long" }),
  ];
  await bitwarden.settled();

  expect(statuses.map(({ status }) => status)).toEqual([200, 200, 200, 504, 400]);
  expect((await client.get("/public/members")).json).toEqual({ object: "list", data: [] });
  expect(bitwarden.state.members.size).toBe(2);
  expect(bitwarden.state.isPolicyOn(3)).toBe(true);
});

test("the HTTP door refuses nonsense and lives on", async () => {
  await using bitwarden = await startBitwarden();
  const { url } = bitwarden;

  const statuses = [
    await door(url, "nonsense", {}),
    await door(url, "constructor", {}),
    await door(url, "addMember", { nonsense: true }),
    await door(url, "acceptMember", { id: "nobody@example.com" }),
    await door(url, "addFault", { kind: "status", pathPattern: "(" }),
    await door(url, "dump"),
  ];

  expect(statuses.map(({ status }) => status)).toEqual([404, 404, 400, 400, 400, 200]);
});

test("the history shows every call after a number, without secrets, and keeps its counters when it forgets", async () => {
  await using bitwarden = await startBitwarden({ historyLimit: 10 });
  const client = rawClient(bitwarden);
  await askToken(bitwarden);
  await client.post("/public/groups", { name: "Sales" });

  const history = (await door(bitwarden.url, "history?after=1")).json as { last: number; entries: object[] };
  const all = (await door(bitwarden.url, "history")).text;
  for (let n = 0; n < 30; n += 1) await client.get("/public/members");

  expect(history.last).toBe(2);
  expect(history.entries).toMatchObject([
    {
      n: 2,
      method: "POST",
      path: "/api/public/groups",
      route: "POST /public/groups",
      status: 200,
      body: { name: "Sales" },
      bodyBytes: 16,
    },
  ]);
  expect(all).not.toContain(bitwarden.clientSecret);
  expect(bitwarden.history.entries.length).toBeLessThanOrEqual(10);
  expect(bitwarden.history.after(30).map(({ n }) => n)).toEqual([31, 32]);
  expect(bitwarden.history.count("GET /public/members")).toBe(30);
  expect((await door(bitwarden.url, "counts")).json).toEqual({
    "POST /connect/token": 1,
    "POST /public/groups": 1,
    "GET /public/members": 30,
  });
});

test("the emulator runs in a process of its own, ready for the demo", async () => {
  const main = new URL("./main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [main, "--seats", "3"], {
    env: { ...process.env, FAKE_BITWARDEN_API_KEY: "k".repeat(30) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, "line")) as [string];
  const ready = JSON.parse(line) as { url: string; clientSecret: string };

  const state = await door(ready.url, "state");
  const exited = once(child, "exit");
  child.kill("SIGTERM");

  expect(ready.clientSecret).toBe("k".repeat(30));
  expect(state.json).toMatchObject({ organization: { seats: 3 }, members: 1 });
  expect((await exited)[0]).toBe(0);
});
