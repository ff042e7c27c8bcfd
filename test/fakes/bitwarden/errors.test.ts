import { connect } from "node:net";
import { expect, test } from "vitest";
import { rawClient, readAnswer } from "./raw.ts";
import { startBitwarden } from "./server.ts";

const UNKNOWN_ID = "11111111-2222-4333-8444-555555555555";
const INVALID = "The request's model state is invalid.";

test("lists come in the vendor's envelope, unpaged, with nulls written out", async () => {
  await using bitwarden = await startBitwarden({ owner: null });
  const client = rawClient(bitwarden);
  const { id } = bitwarden.admin.addMember({ email: "Ann@Example.com", externalId: "a1", status: 0 });

  const answer = await client.get("/public/members");

  expect(answer.json).toEqual({
    object: "list",
    data: [
      {
        object: "member",
        id,
        userId: null,
        name: null,
        email: "ann@example.com",
        type: 2,
        externalId: "a1",
        permissions: null,
        status: 0,
        twoFactorEnabled: false,
        resetPasswordEnrolled: false,
        ssoExternalId: null,
        collections: [],
      },
    ],
  });
  expect((await client.get("/public/groups")).json).toEqual({ object: "list", data: [] });
});

test("an unknown id is an empty 404, an unknown id inside a PUT a JSON 404, an id that is no GUID a 400", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const { id } = bitwarden.admin.addMember({ email: "ann@example.com" });

  const unknown = await client.get(`/public/members/${UNKNOWN_ID}`);
  const inside = await client.put(`/public/members/${id}`, { type: 2, groups: [UNKNOWN_ID] });
  const noGuid = await client.get("/public/groups/nonsense/member-ids");

  expect([unknown.status, unknown.text]).toEqual([404, ""]);
  expect([inside.status, inside.json]).toEqual([
    404,
    { object: "error", message: "Resource not found.", errors: null },
  ]);
  expect([noGuid.status, noGuid.json]).toEqual([
    400,
    { object: "error", message: INVALID, errors: { id: ["The value 'nonsense' is not valid."] } },
  ]);
});

const NOT_SUPPORTED = "The Email field is not a supported e-mail address format.";

test.each([
  ["no e-mail", { type: 2 }, { Email: ["The Email field is required.", NOT_SUPPORTED] }],
  ["an odd e-mail", { email: "ann@host", type: 2 }, { Email: [NOT_SUPPORTED] }],
  [
    "a long e-mail",
    { email: `${"a".repeat(250)}@example.com`, type: 2 },
    { Email: ["The field Email must be a string with a maximum length of 256."] },
  ],
  ["the type null", { email: "ann@example.com", type: null }, { Type: ["The Type field is required."] }],
  ["the type that is gone", { email: "ann@example.com", type: 3 }, { Type: ["The field Type is invalid."] }],
  [
    "a long external id",
    { email: "ann@example.com", type: 2, externalId: "x".repeat(301) },
    { ExternalId: ["The field ExternalId must be a string with a maximum length of 300."] },
  ],
  [
    "permissions without the custom role",
    { email: "ann@example.com", type: 2, permissions: {} },
    { "": ["Only users with the Custom role may use custom permissions."] },
  ],
  [
    "permissions without the custom role and an odd e-mail: a rule over the whole needs all fields in order",
    { email: "ann@host", type: 2, permissions: {} },
    { Email: [NOT_SUPPORTED] },
  ],
])("inviting with %s is refused in the form of model validation", async (_name, body, errors) => {
  await using bitwarden = await startBitwarden();

  const answer = await rawClient(bitwarden).post("/public/members", body);

  expect([answer.status, answer.json]).toEqual([400, { object: "error", message: INVALID, errors }]);
});

test("names are case-insensitive, unknown properties are ignored", async () => {
  await using bitwarden = await startBitwarden();

  const answer = await rawClient(bitwarden).post("/public/members", {
    EMAIL: "ann@example.com",
    Type: 2,
    externalid: "a1",
    nonsense: { deep: [1] },
  });

  expect([answer.status, answer.json]).toMatchObject([200, { email: "ann@example.com", externalId: "a1", type: 2 }]);
});

test.each([
  ["broken JSON", "{"],
  ["nothing", ""],
  ["an array", "[]"],
  ["a text", '"x"'],
  ["null", "null"],
  ["a name as enum", '{"email":"a@b.cc","type":"User"}'],
  ["a numeric string as enum", '{"email":"a@b.cc","type":"2"}'],
  ["a fraction as enum", '{"email":"a@b.cc","type":2.0}'],
  ["no type", '{"email":"a@b.cc"}'],
  ["a number as e-mail", '{"email":1,"type":2}'],
  ["collections as text", '{"email":"a@b.cc","type":2,"collections":"x"}'],
  ["an association that is a number", '{"email":"a@b.cc","type":2,"collections":[1]}'],
  ["a group id that is no GUID", '{"email":"a@b.cc","type":2,"groups":["x"]}'],
  ["JSON of great depth", "[".repeat(100_000)],
  ["a hostile prototype", '{"__proto__":{"email":"a@b.cc"},"type":2}'],
  ["bytes that are no text", "\u0000\uffff"],
])("a body of %s is a 400 of the vendor's shape", async (_name, body) => {
  await using bitwarden = await startBitwarden();
  const headers = { "Content-Type": "application/json" };

  const answer = await rawClient(bitwarden).send("/public/members", { method: "POST", headers, body });

  expect([answer.status, answer.json]).toMatchObject([400, { object: "error", message: INVALID }]);
  expect(bitwarden.state.members.size).toBe(1);
});

test("a body of another type is a 415, an unknown path a 404, a wrong verb a 405", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);

  const statuses = await Promise.all([
    client.send("/public/members", { method: "POST", body: "x=1", headers: { "Content-Type": "text/plain" } }),
    client.get("/public/nonsense"),
    client.get("/public/groups/a/b/c"),
    client.delete("/public/members"),
    readAnswer(await fetch(`${bitwarden.url}/nonsense`)),
  ]);

  expect(statuses.map(({ status }) => status)).toEqual([415, 404, 404, 405, 404]);
});

test("a body above 30 MB is refused before it is read, in the form of a crash", async () => {
  await using bitwarden = await startBitwarden();
  const { port } = new URL(bitwarden.url);
  const head = [
    "POST /api/public/members HTTP/1.1",
    "Host: x",
    `Authorization: Bearer ${bitwarden.admin.issueToken()}`,
    "Content-Type: application/json",
    "Content-Length: 30000001",
    "",
    "{",
  ];

  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), "127.0.0.1");
    socket.once("data", (data) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.once("error", reject);
    socket.write(head.join("\r\n"));
  });

  expect(answer).toMatch(/^HTTP\/1.1 500 /);
  expect(answer).toContain("Connection: close");
  expect(answer).toContain("An unhandled server error has occurred.");
});

test("an odd request line and a client that leaves in the middle do not hurt the emulator", async () => {
  await using bitwarden = await startBitwarden();
  const { port } = new URL(bitwarden.url);

  for (const head of [
    "GET //[ HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /api/public/members HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
  ]) {
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), "127.0.0.1");
      socket.once("close", () => {
        resolve();
      });
      socket.on("error", () => undefined);
      socket.write(head, () => setImmediate(() => socket.destroy()));
    });
  }

  expect((await rawClient(bitwarden).get("/public/members")).status).toBe(200);
});

test("the manage flag excludes the restricting flags", async () => {
  await using bitwarden = await startBitwarden();
  const { id } = bitwarden.admin.createCollection();

  const answer = await rawClient(bitwarden).post("/public/groups", {
    name: "Sales",
    collections: [{ id, readOnly: true, manage: true }],
  });

  expect(answer.status).toBe(400);
  expect(answer.text).toContain('"message":"The Manage property is mutually exclusive');
});

test("config and alive answer anyone", async () => {
  await using bitwarden = await startBitwarden({ stagedFlag: true });

  const config = await readAnswer(await fetch(`${bitwarden.apiUrl}/config`));
  const alive = await readAnswer(await fetch(`${bitwarden.apiUrl}/alive`));

  expect(config.json).toMatchObject({
    object: "config",
    version: "2026.8.0",
    server: null,
    environment: { api: bitwarden.apiUrl, identity: bitwarden.identityUrl },
    featureStates: { "pm-34423-staged-status": true },
  });
  expect(alive.json).toEqual(expect.any(String));
});
