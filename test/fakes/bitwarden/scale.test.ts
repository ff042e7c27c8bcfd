import { expect, test } from "vitest";
import { importOf, rawClient } from "./raw.ts";
import { startBitwarden } from "./server.ts";

test.each([
  [10_000, 200],
  [50_000, 1_000],
])("%i members and %i groups, one of them with everyone, import and list fast", async (memberCount, groupCount) => {
  await using bitwarden = await startBitwarden();
  const client = rawClient(bitwarden);
  const ids = Array.from({ length: memberCount }, (_, n) => `ext-${String(n)}`);
  const members = Object.fromEntries(ids.map((id) => [id, `${id}@example.com`]));
  const groups = Array.from({ length: groupCount }, (_, n) => ({
    name: `Group ${String(n)}`,
    externalId: `group-${String(n)}`,
    memberExternalIds: n === 0 ? ids : ids.slice(n * 20, n * 20 + 20),
  }));
  const payload = importOf(members, groups, { largeImport: true });
  // The yardstick: how long this machine takes for the JSON alone, there and back.
  const text = JSON.stringify(payload);
  const startedYardstick = performance.now();
  JSON.parse(text);
  const yardstickMs = performance.now() - startedYardstick;

  const started = performance.now();
  const answer = await client.post("/public/organization/import", payload);
  const again = await client.post("/public/organization/import", payload);
  const list = await client.get("/public/members");
  const elapsedMs = performance.now() - started;

  expect([answer.status, again.status]).toEqual([200, 200]);
  expect((list.json as { data: unknown[] }).data).toHaveLength(memberCount + 1);
  expect(bitwarden.state.groupMembers.get([...bitwarden.state.groups.keys()][0] ?? "")?.size).toBe(memberCount);
  expect(elapsedMs).toBeLessThan(1_000 + 100 * yardstickMs);
});
