import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { z } from "zod";

const dump = z.object({
  users: z.array(z.object({ id: z.string(), email: z.string(), status: z.string() })),
  groups: z.array(z.object({ id: z.string(), name: z.string(), members: z.array(z.string()) })),
});

/** The emulator in a process of its own, and its back door. */
async function spawnOkta(...flags: string[]) {
  const main = new URL("./main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [main, ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, OKTA_EMULATOR_TOKEN: "00fromEnvironment" },
  });
  const exited = once(child, "exit");
  const [line] = z.tuple([z.string()]).parse(await once(createInterface(child.stdout), "line"));
  const { url, token } = z.object({ url: z.url(), token: z.string() }).parse(JSON.parse(line));
  const admin = async (method: string, name: string, body?: unknown) => {
    const response = await fetch(`${url}/__admin/${name}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = z.looseObject({ result: z.unknown().optional(), error: z.string().optional() });
    return { status: response.status, ...answer.parse(await response.json()) };
  };
  return {
    url,
    token,
    admin,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      expect(await exited).toEqual([0, null]);
    },
  };
}

test("the back door over HTTP changes, shows and breaks the org from another process", async () => {
  await using okta = await spawnOkta("--users", "20", "--groups", "4", "--active-only", "--page-size", "8");
  expect(okta.token).toBe("00fromEnvironment");
  const profile = { firstName: "Grace", lastName: "Hopper", email: "grace.hopper@example.com", department: "Navy" };
  const created = await okta.admin("POST", "createUser", { profile });
  const userId = z.string().parse(created.result);
  const groupId = z.string().parse((await okta.admin("POST", "createGroup", { name: "Compilers" })).result);
  await okta.admin("POST", "addToGroup", { userId, groupId });
  await okta.admin("POST", "renameGroup", { id: groupId, name: "Languages" });
  await okta.admin("POST", "suspend", { id: userId, options: { silent: true } });
  const truth = dump.parse((await okta.admin("GET", "dump")).result);
  expect(truth.users).toHaveLength(21);
  expect(truth.users.at(-1)).toEqual({ id: userId, email: "grace.hopper@example.com", status: "SUSPENDED" });
  expect(truth.groups.at(-1)).toEqual({ id: groupId, name: "Languages", members: [userId] });

  await okta.admin("POST", "faults", { kind: "status", status: 503 });
  const headers = { authorization: `SSWS ${okta.token}` };
  expect((await fetch(`${okta.url}/api/v1/users`, { headers })).status).toBe(503);
  expect((await fetch(`${okta.url}/api/v1/users`, { headers })).status).toBe(200);
  const { result } = await okta.admin("GET", "history");
  expect(result).toMatchObject([{ status: 503 }, { status: 200 }]);
  expect((await okta.admin("GET", "history?since=1")).result).toHaveLength(1);
});

test("hooks are registered, tuned and awaited from another process", async () => {
  const bodies: string[] = [];
  const receiver = createServer((request, response) => {
    if (request.method === "GET") {
      response.end(JSON.stringify({ verification: request.headers["x-okta-verification-challenge"] }));
      return;
    }
    request.on("data", (chunk: Buffer) => bodies.push(chunk.toString()));
    request.on("end", () => response.writeHead(204).end());
  });
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const { port } = z.object({ port: z.number() }).parse(receiver.address());
  await using okta = await spawnOkta("--users", "3");
  await okta.admin("POST", "hooks/knobs", { doubled: 1 });
  const hook = await okta.admin("POST", "hooks", { url: `http://127.0.0.1:${port.toFixed()}/`, secret: "s" });
  expect(hook.result).toMatch(/^who/);
  await okta.admin("POST", "createGroup", { name: "Compilers" });
  await okta.admin("POST", "hooks/idle");
  expect(bodies).toHaveLength(2);
  expect((await okta.admin("GET", "deliveries")).result).toMatchObject([{ status: 204 }, { status: 204 }]);
  receiver.close();
});

test("nonsense at the back door is a 400 that says why", async () => {
  await using okta = await spawnOkta("--users", "3");
  expect(await okta.admin("POST", "suspend", { id: "00uGone" })).toMatchObject({
    status: 400,
    error: "no user 00uGone",
  });
  expect(await okta.admin("POST", "createGroup", {})).toMatchObject({ status: 400 });
  expect(await okta.admin("POST", "explode")).toMatchObject({ status: 404 });
});
