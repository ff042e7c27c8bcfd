import { expect, test } from "vitest";
import { createAdminApp } from "../../src/console/admin.ts";
import { health } from "../../src/observe/health.ts";
import { createLog } from "../../src/observe/log.ts";
import { createMetrics } from "../../src/observe/metrics.ts";
import { listen } from "../../src/receive/listen.ts";

async function startAdmin(fail = false) {
  const log = createLog({ level: "silent", destination: { write: () => undefined } });
  const metrics = createMetrics();
  const app = createAdminApp({
    health: () => (fail ? Promise.reject(new Error("store closed")) : Promise.resolve(health(0, [], []))),
    metrics,
    refreshGauges() {
      metrics.queueState("okta-main", 7, 1.5);
      return Promise.resolve();
    },
    log,
  });
  const listening = await listen(app, { host: "127.0.0.1", port: 0, log });
  return {
    metrics,
    get: (path: string) => fetch(listening.url + path),
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}

test("/health is the report as JSON, never cached", async () => {
  await using admin = await startAdmin();

  const answer = await admin.get("/health");

  expect(answer.status).toBe(200);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(await answer.json()).toEqual({ state: "well", because: [], connections: [], organizations: [] });
});

test("/health says 503 when the state cannot be read, and /livez still answers", async () => {
  await using admin = await startAdmin(true);

  const answer = await admin.get("/health");

  expect(answer.status).toBe(503);
  expect(await answer.text()).not.toContain("store closed");
  expect((await admin.get("/livez")).status).toBe(200);
});

test("/metrics brings gauges up to date and shows every number that was counted", async () => {
  await using admin = await startAdmin();
  admin.metrics.hookEvents("okta-main", "accepted", 3);
  admin.metrics.readBack("okta-main", 0.7);
  admin.metrics.heldOperations("acme", 21);
  admin.metrics.reconciled("okta-main", 1_700_000_000_000);
  admin.metrics.bitwardenCall("GET /public/members/{id}", 200, 0.2);
  admin.metrics.operation("member.revoke", "done");
  admin.metrics.directoryRead("okta-main", "user", "found");

  const answer = await admin.get("/metrics");
  const lines = (await answer.text()).split("\n");

  expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(lines).toEqual(
    expect.arrayContaining([
      'bwbridge_hook_events_total{connection="okta-main",outcome="accepted"} 3',
      'bwbridge_hint_to_read_back_seconds_bucket{le="0.5",connection="okta-main"} 0',
      'bwbridge_hint_to_read_back_seconds_bucket{le="1",connection="okta-main"} 1',
      'bwbridge_queue_waiting{connection="okta-main"} 7',
      'bwbridge_queue_oldest_seconds{connection="okta-main"} 1.5',
      'bwbridge_held_operations{organization="acme"} 21',
      'bwbridge_last_reconciliation_timestamp_seconds{connection="okta-main"} 1700000000',
      'bwbridge_bitwarden_request_seconds_count{route="GET /public/members/{id}",status="200"} 1',
      'bwbridge_operations_total{type="member.revoke",outcome="done"} 1',
      'bwbridge_directory_reads_total{connection="okta-main",kind="user",outcome="found"} 1',
    ]),
  );
  expect(lines.some((line) => line.startsWith("process_resident_memory_bytes"))).toBe(true);
});

test("two bridges in one process count apart", async () => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.operation("member.invite", "done");

  expect(await one.render()).toContain("member.invite");
  expect(await other.render()).not.toContain("member.invite");
});

test("unknown paths are 404", async () => {
  await using admin = await startAdmin();

  expect((await admin.get("/nothing")).status).toBe(404);
});
