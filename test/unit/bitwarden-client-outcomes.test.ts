import { createServer } from "node:net";
import { once } from "node:events";

import { describe, expect, test } from "vitest";

import { clientOf, failureOf, MEMBER_ID, member, startScript } from "./bitwarden-client-fixture.ts";
import type { Reply } from "./bitwarden-client-fixture.ts";

const HTML: Reply = { headers: { "content-type": "text/html" }, body: "<!doctype html><h1>Log in</h1>" };
const DESTROY = "destroy";

/** One write and one read against a server that always answers the same. */
async function bothAgainst(reply: Reply | typeof DESTROY, timeoutMs = 5_000) {
  await using server = await startScript((_seen, response) => {
    if (reply !== DESTROY) return reply;
    response.destroy();
    return undefined;
  });
  await using client = clientOf(server, { timeoutMs });
  const write = await failureOf(client.removeMember(MEMBER_ID));
  const writes = server.calls().length;
  const read = await failureOf(client.getMember(MEMBER_ID, "normal"));
  return { write, read, writes, reads: server.calls().length - writes };
}

describe("a failed call says whether anything can have happened:", () => {
  test("a refused connection means no", async () => {
    const port = await unusedPort();
    await using server = await startScript(() => undefined);
    await using client = clientOf(server, { apiUrl: `http://127.0.0.1:${String(port)}` });

    const error = await failureOf(client.revokeMember(MEMBER_ID));

    expect(error).toMatchObject({ code: "BITWARDEN_UNREACHABLE", side: "bitwarden", retry: "later" });
    expect(error.message).toContain("acme: POST /public/members/{id}/revoke");
    expect(error.message).toContain("ECONNREFUSED");
  });

  test("a failed TLS handshake means no", async () => {
    await using server = await startScript(() => undefined);
    await using client = clientOf(server, { apiUrl: server.url.replace("http:", "https:") });

    const error = await failureOf(client.revokeMember(MEMBER_ID));

    expect(error.code).toBe("BITWARDEN_UNREACHABLE");
    expect(server.calls()).toHaveLength(0);
  });

  test("a connection that breaks after sending: unknown for a write, which is not repeated; a read is, once", async () => {
    const { write, read, writes, reads } = await bothAgainst(DESTROY);

    expect(write).toMatchObject({ code: "BITWARDEN_UNKNOWN_OUTCOME", retry: "later" });
    expect(read).toMatchObject({ code: "BITWARDEN_UNREACHABLE", retry: "later" });
    expect([writes, reads]).toStrictEqual([1, 2]);
  });

  test("a timeout: unknown for a write, and nobody waits twice", async () => {
    await using server = await startScript(() => new Promise<undefined>(() => undefined));
    await using client = clientOf(server, { timeoutMs: 100, importTimeoutMs: 300 });

    const write = await failureOf(client.removeMember(MEMBER_ID));
    const read = await failureOf(client.getMember(MEMBER_ID, "normal"));
    const startMs = performance.now();
    const large = await failureOf(
      client.importDirectory({ members: [], groups: [], largeImport: true, inviteUsersAfterProvisioning: true }),
    );

    expect(write.code).toBe("BITWARDEN_UNKNOWN_OUTCOME");
    expect(read.code).toBe("BITWARDEN_UNREACHABLE");
    expect(large.code).toBe("BITWARDEN_UNKNOWN_OUTCOME");
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(290);
    expect(server.calls()).toHaveLength(3);
  });

  test("a timeout while still connecting means no, and the request is never sent afterwards", async () => {
    // Accepts connections and never speaks TLS.
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const address = silent.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await using server = await startScript(() => undefined);
    await using client = clientOf(server, { apiUrl: `https://127.0.0.1:${String(port)}`, timeoutMs: 100 });

    const error = await failureOf(client.revokeMember(MEMBER_ID));
    silent.close();

    expect(error).toMatchObject({ code: "BITWARDEN_UNREACHABLE", retry: "later" });
  });

  test.each([500, 502, 503, 504])("status %i: unknown for a write", async (status) => {
    const { write, read, writes, reads } = await bothAgainst({
      status,
      body: { object: "error", message: "An unhandled server error has occurred." },
    });

    expect(write).toMatchObject({ code: "BITWARDEN_UNKNOWN_OUTCOME", retry: "later", status });
    expect(write.message).toContain("unhandled server error");
    expect(read).toMatchObject({ code: "BITWARDEN_UNREACHABLE", retry: "later", status });
    expect([writes, reads]).toStrictEqual([1, status === 500 ? 1 : 2]);
  });

  test("a success that is cut off, malformed or a login page: unknown for a write", async () => {
    for (const reply of [{ body: '{"object":"member",' }, { body: "OK" }, HTML]) {
      const { write, read } = await bothAgainst(reply);

      expect(write.code).toBe("BITWARDEN_UNKNOWN_OUTCOME");
      expect(read).toMatchObject({ code: "BITWARDEN_UNREACHABLE", retry: "later" });
    }
  });

  test("a proxy's page with an error status means no, is named, and never means that a member is gone", async () => {
    for (const status of [403, 404, 407]) {
      const { write, read } = await bothAgainst({ ...HTML, status });

      for (const error of [write, read]) {
        expect(error).toMatchObject({ code: "BITWARDEN_UNREACHABLE", retry: "later", status });
        expect(error.message).toContain("HTML");
        expect(error.remedy).toMatch(/proxy.*`apiUrl`/);
      }
    }
  });

  test("403 is a denial", async () => {
    const { write, read } = await bothAgainst({ status: 403 });

    expect([write.code, read.code]).toStrictEqual(["BITWARDEN_DENIED", "BITWARDEN_DENIED"]);
  });

  test("a redirect is refused, names the setting, and is not followed with the token", async () => {
    await using elsewhere = await startScript(() => undefined);
    const { write, read } = await bothAgainst({ status: 307, headers: { location: `${elsewhere.url}/api/x` } });

    for (const error of [write, read]) {
      expect(error).toMatchObject({ code: "BITWARDEN_REFUSED", retry: "later", status: 307 });
      expect(error.remedy).toContain("`apiUrl`");
    }
    expect(elsewhere.seen).toHaveLength(0);
  });

  test("a body that never ends is cut at its bound", async () => {
    await using server = await startScript((_seen, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const chunk = Buffer.alloc(1024 * 1024, 0x20);
      const flood = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once("drain", flood);
      };
      flood();
      return new Promise<undefined>((resolve) =>
        response.once("close", () => {
          resolve(undefined);
        }),
      );
    });
    await using client = clientOf(server);

    const error = await failureOf(client.removeMember(MEMBER_ID));

    expect(error.code).toBe("BITWARDEN_UNKNOWN_OUTCOME");
    expect(error.message).toContain("larger than 67108864 bytes");
  });

  test("closing the client ends calls that run and calls that wait", async () => {
    const arrived = Promise.withResolvers<undefined>();
    await using server = await startScript((_seen, response) => {
      arrived.resolve(undefined);
      return new Promise<undefined>((resolve) =>
        response.once("close", () => {
          resolve(undefined);
        }),
      );
    });
    const client = clientOf(server, { pace: { writesPerSecond: 1, writesPerMinute: 1, readsPerMinute: 10 } });
    const running = failureOf(client.removeMember(MEMBER_ID));
    await arrived.promise;
    const waiting = failureOf(client.removeMember(MEMBER_ID));
    // Its token is at hand, so a turn of the event loop puts it into the queue.
    await new Promise((resolve) => setImmediate(resolve));

    await client[Symbol.asyncDispose]();

    expect((await running).code).toBe("BITWARDEN_UNKNOWN_OUTCOME");
    expect((await waiting).code).toBe("BITWARDEN_UNREACHABLE");
    expect(server.calls()).toHaveLength(1);
  });
});

describe("a throttled call", () => {
  test("says how long to wait, and pauses every organization on the host", async () => {
    await using server = await startScript(({ method }) =>
      method === "GET"
        ? { body: member() }
        : { status: 429, headers: { "retry-after": "1" }, body: { object: "error", message: "Slow down!" } },
    );
    await using acme = clientOf(server, { organization: "acme" });
    await using other = clientOf(server, { organization: "other" });

    const error = await failureOf(acme.revokeMember(MEMBER_ID));
    const startMs = performance.now();
    await other.getMember(MEMBER_ID, "revocation");

    expect(error).toMatchObject({ code: "BITWARDEN_THROTTLED", retry: "after", retryAfterMs: 1000, status: 429 });
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(950);
  });
});

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
