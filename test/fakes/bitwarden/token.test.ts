import { expect, test } from "vitest";
import { askToken, rawClient, readAnswer } from "./raw.ts";
import { startBitwarden } from "./server.ts";

const UNKNOWN_ID = "11111111-2222-4333-8444-555555555555";

test("a token is granted in the vendor's form and is a JWT of the organization", async () => {
  await using bitwarden = await startBitwarden();

  const answer = await askToken(bitwarden);

  expect(answer.status).toBe(200);
  expect(answer.headers.get("cache-control")).toContain("no-store");
  expect(answer.json).toEqual({
    access_token: expect.any(String) as string,
    expires_in: 3600,
    token_type: "Bearer",
    scope: "api.organization",
  });
  const { access_token: token } = answer.json as { access_token: string };
  const [header, claims] = token
    .split(".", 2)
    .map((part) => JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as unknown);
  expect(header).toEqual({ alg: "RS256", typ: "at+jwt" });
  expect(claims).toMatchObject({ client_type: "Organization", scope: ["api.organization"] });
  expect(bitwarden.clientSecret).toHaveLength(30);
});

test.each([
  ["an unknown organization", { client_id: `organization.${UNKNOWN_ID}` }, "invalid_client"],
  ["a malformed client id", { client_id: "organization.nonsense" }, "invalid_client"],
  ["a wrong secret", { client_secret: "wrong" }, "invalid_client"],
  ["an empty secret", { client_secret: "" }, "invalid_client"],
  ["a wrong scope", { scope: "api" }, "invalid_scope"],
  ["a grant that exists for others", { grant_type: "password" }, "unauthorized_client"],
  ["a grant that does not exist", { grant_type: "nonsense" }, "unsupported_grant_type"],
])("%s is refused with 400", async (_name, fields, error) => {
  await using bitwarden = await startBitwarden();

  const answer = await askToken(bitwarden, fields);

  expect([answer.status, answer.json]).toEqual([400, { error }]);
});

test("a disabled organization, a plan without API and a rotated key are all invalid_client", async () => {
  await using bitwarden = await startBitwarden();
  const oldSecret = bitwarden.clientSecret;

  bitwarden.admin.disableOrganization();
  const disabled = await askToken(bitwarden);
  bitwarden.admin.enableOrganization();
  bitwarden.state.organization.useApi = false;
  const withoutApi = await askToken(bitwarden);
  bitwarden.state.organization.useApi = true;
  bitwarden.admin.rotateKey();
  const rotated = await askToken(bitwarden, { client_secret: oldSecret });
  const renewed = await askToken(bitwarden);

  for (const answer of [disabled, withoutApi, rotated]) {
    expect([answer.status, answer.json]).toEqual([400, { error: "invalid_client" }]);
  }
  expect(renewed.status).toBe(200);
});

test("an organization without a key row answers 500, a JSON request invalid_request", async () => {
  await using bitwarden = await startBitwarden();
  const url = `${bitwarden.identityUrl}/connect/token`;
  const headers = { "Content-Type": "application/json" };

  const json = await readAnswer(await fetch(url, { method: "POST", headers, body: "{}" }));
  bitwarden.state.organization.apiKey = null;
  const noKey = await askToken(bitwarden);

  expect([json.status, json.json]).toEqual([400, { error: "invalid_request" }]);
  expect(noKey.status).toBe(500);
});

test("HTTP Basic credentials are accepted too", async () => {
  await using bitwarden = await startBitwarden();
  const credentials = Buffer.from(`${bitwarden.clientId}:${bitwarden.clientSecret}`).toString("base64");

  const response = await fetch(`${bitwarden.identityUrl}/connect/token`, {
    method: "POST",
    headers: { Authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope: "api.organization" }),
  });

  expect((await readAnswer(response)).status).toBe(200);
});

test("a missing, a false and a revoked token answer an empty 401, a wrong scope an empty 403", async () => {
  await using bitwarden = await startBitwarden();
  const url = `${bitwarden.apiUrl}/public/members`;
  const revoked = bitwarden.admin.issueToken();
  bitwarden.admin.revokeTokens();
  const wrongScope = bitwarden.admin.issueToken("api.licensing");

  const missing = await readAnswer(await fetch(url));
  expect([missing.status, missing.text]).toEqual([401, ""]);
  expect(missing.headers.get("www-authenticate")).toMatch(/^Bearer/);
  for (const [token, status] of [
    ["nonsense", 401],
    [revoked, 401],
    [wrongScope, 403],
  ] as const) {
    const answer = await readAnswer(await fetch(url, { headers: { Authorization: `Bearer ${token}` } }));
    expect([answer.status, answer.text]).toEqual([status, ""]);
  }
});

test("the token may also come in the query, and outlives the disabling of its organization", async () => {
  await using bitwarden = await startBitwarden();
  const token = bitwarden.admin.issueToken();
  bitwarden.admin.disableOrganization();
  bitwarden.admin.rotateKey();

  const response = await fetch(`${bitwarden.apiUrl}/public/members?access_token=${token}`);

  expect((await readAnswer(response)).status).toBe(200);
});

test("a token ends with its life, or five minutes later where the skew of the API applies", async () => {
  let nowMs = 1_700_000_000_000;
  await using exact = await startBitwarden({ tokenSeconds: 10, now: () => nowMs });
  await using skewed = await startBitwarden({ now: () => nowMs });
  const [exactClient, skewedClient] = [rawClient(exact), rawClient(skewed)];

  nowMs += 11_000;
  expect((await exactClient.get("/public/groups")).status).toBe(401);
  nowMs += 3_700_000;
  expect((await skewedClient.get("/public/groups")).status).toBe(200);
  nowMs += 200_000;
  expect((await skewedClient.get("/public/groups")).status).toBe(401);
});

test("the dialect vaultwarden is refused by name", async () => {
  await expect(startBitwarden({ dialect: "vaultwarden" })).rejects.toThrow(/vaultwarden is not emulated/);
});
