import { expect, test } from "vitest";
import { rawClient, type RawAnswer } from "./raw.ts";
import { startBitwarden, type FakeBitwarden } from "./server.ts";

const JSON_TYPE = { "Content-Type": "application/json" };
const IMPORT = "/public/organization/import";

async function post(bitwarden: FakeBitwarden, path: string, body: string, headers = JSON_TYPE): Promise<RawAnswer> {
  return rawClient(bitwarden).send(path, { method: "POST", headers, body });
}

function keysOf(answer: RawAnswer): string[] {
  return Object.keys((answer.json as { errors: object }).errors);
}

test.each([
  ["the value of a number that ends the text", '{"email":"a@b.cc","type":2', ["$.type", "model"]],
  ["a word that is none", '{"email":nope}', ["$.email", "model"]],
  ["what follows a value", '{"email":"a@b.cc" nope', ["$", "model"]],
  ["a name without quotes", '{"email":"a@b.cc",nope', ["$", "model"]],
  ["the second object", "{}{}", ["$", "model"]],
  ["deep inside a list", '{"collections":[{"id":nope', ["$.collections[0].id", "model"]],
  ["inside of what is unknown", '{"nope":{"email":[1,', ["$.nope", "model"]],
  ["a wrong type before the broken place", '{"email":5,"type":nope', ["$.email", "model"]],
  ["the first of two wrong types, in the order of the text", '{"groups":5,"email":5}', ["$.groups", "model"]],
  ["a property in its own spelling", '{"EMAIL":5}', ["$.EMAIL", "model"]],
  ["a mandatory property that is missing at the end", '{"email":"a@b.cc"}', ["$", "model"]],
])("a body that cannot be bound names %s", async (_name, body, keys) => {
  await using bitwarden = await startBitwarden();

  const answer = await post(bitwarden, "/public/members", body);

  expect(answer.status).toBe(400);
  expect(keysOf(answer)).toEqual(keys);
});

test("where the vendor's controller tolerates null, the model is not named", async () => {
  await using bitwarden = await startBitwarden();

  expect(keysOf(await post(bitwarden, "/public/groups", "{bad"))).toEqual(["$"]);
  expect(keysOf(await post(bitwarden, IMPORT, ""))).toEqual([""]);
});

test("a malformed id and a malformed body are reported together, before the 404", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);

  const both = await client.put("/public/groups/Not-A-Guid", {});
  const unknown = await client.put(`/public/groups/${crypto.randomUUID()}`, {});

  expect(both.json).toMatchObject({
    errors: { id: ["The value 'Not-A-Guid' is not valid."], Name: ["The Name field is required."] },
  });
  expect(unknown.status).toBe(400);
});

test("ids in paths may have braces, brackets, capitals or no hyphens; ids in JSON only capitals", async () => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const { id } = bitwarden.admin.addMember({ email: "ann@x.test" });

  for (const spelled of [`%7B${id}%7D`, `(${id})`, id.toUpperCase(), id.replaceAll("-", "")]) {
    expect((await client.get(`/public/members/${spelled}`)).json).toMatchObject({ id });
  }
  for (const spelled of [`{${id}}`, id.replaceAll("-", "")]) {
    expect((await client.put(`/public/members/${id}/group-ids`, { groupIds: [spelled] })).status).toBe(400);
  }
});

test.each([
  ["application/json", 200],
  ["application/json; charset=utf-8", 200],
  ["application/vnd.x+json", 200],
  ["application/jsonp", 415],
  ["text/html", 415],
])("the content type %s is answered with %i", async (type, status) => {
  await using bitwarden = await startBitwarden();

  const answer = await post(bitwarden, "/public/groups", '\uFEFF{"name":"after a byte order mark"}', {
    "Content-Type": type,
  });

  expect(answer.status).toBe(status);
});

test("numbers and booleans become external ids as .NET writes them", async () => {
  await using bitwarden = await startBitwarden();
  const ids = ["1.50", "12345678901234567890", "true", "false", "7"];
  const members = ids.map((id, index) => `{"externalId":${id},"email":"u${String(index)}@x.test"}`);

  const answer = await post(bitwarden, IMPORT, `{"members":[${members.join()}],"groups":[],"overwriteExisting":false}`);

  expect(answer.status).toBe(200);
  expect(bitwarden.dump().members.map(({ externalId }) => externalId)).toEqual([
    null,
    "1.50",
    "12345678901234567890",
    "True",
    "False",
    "7",
  ]);
});

test.each([
  [199, 199, undefined],
  [200, 200, [""]],
  [500, 200, [""]],
])("of %i invalid items %i keys are answered", async (count, keys, last) => {
  await using bitwarden = await startBitwarden();
  const members = Array.from({ length: count }, (_, index) => ({ externalId: `e${String(index)}`, email: "bad" }));

  const answer = await rawClient(bitwarden).post(IMPORT, { members, groups: [], overwriteExisting: false });

  const { errors } = answer.json as { errors: Record<string, string[]> };
  expect(Object.keys(errors)).toHaveLength(keys);
  expect(errors[""]).toEqual(last);
});

test("lower case keeps the number of characters", async () => {
  await using bitwarden = await startBitwarden();

  await rawClient(bitwarden).post(IMPORT, {
    members: [{ externalId: "a", email: "İΣ.ÄNN@X.test" }],
    groups: [],
    overwriteExisting: false,
  });

  expect(bitwarden.dump().members.map(({ email }) => email)).toContain("İσ.änn@x.test");
});
