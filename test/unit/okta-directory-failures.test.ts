import { describe, expect, it } from "vitest";
import { throttleDelayMs } from "../../src/directories/okta/throttle.ts";
import { NEVER, NOT_FOUND, open, readAll, startStub, user, userId } from "./okta-directory-stub.ts";

function apiError(code: string): unknown {
  return { errorCode: code, errorSummary: "as told by the test" };
}

describe("every failure has a code and says when to try again", () => {
  it.each([
    [400, apiError("E0000031"), "DIRECTORY_UNREADABLE", "never"],
    [401, apiError("E0000011"), "DIRECTORY_DENIED", "never"],
    [403, apiError("E0000006"), "DIRECTORY_DENIED", "never"],
    [404, "<html>no such site</html>", "DIRECTORY_UNREADABLE", "never"],
    [500, apiError("E0000009"), "DIRECTORY_UNREACHABLE", "later"],
    [503, "<html>maintenance</html>", "DIRECTORY_UNREACHABLE", "later"],
    [200, '[{"id":"00u1', "DIRECTORY_INCOMPLETE", "later"],
    [200, "null", "DIRECTORY_INCOMPLETE", "later"],
    [200, "{}", "DIRECTORY_INCOMPLETE", "later"],
    [200, "", "DIRECTORY_INCOMPLETE", "later"],
    [200, [{ id: "no profile" }], "DIRECTORY_INCOMPLETE", "later"],
  ])("%i %j is %s, %s", async (status, body, code, retry) => {
    await using stub = await startStub(() => ({ status, body }));
    await using okta = await open(stub, { groups: false });
    await expect(readAll(okta)).rejects.toMatchObject({ code, retry, side: "directory", subject: "okta-main/all" });
    expect(stub.asked).toHaveLength(1);
  });

  it("a login page instead of JSON is incomplete, not empty", async () => {
    await using stub = await startStub(() => ({ body: "<html>", headers: { "content-type": "text/html" } }));
    await using okta = await open(stub, { groups: false });
    await expect(readAll(okta)).rejects.toMatchObject({ code: "DIRECTORY_INCOMPLETE" });
  });

  it.each([{}, { "content-length": "1000" }])("a page cut off in the middle is unreachable (%j)", async (length) => {
    await using stub = await startStub((_, response) => {
      response.writeHead(200, { "content-type": "application/json", ...length });
      response.write(JSON.stringify([user(1)]), () => response.destroy());
      return null;
    });
    // node-fetch 2 notices a short body only when it is chunked; with a content-length the timeout ends it.
    await using okta = await open(stub, { groups: false, requestTimeoutMs: 500 });
    await expect(readAll(okta)).rejects.toMatchObject({ code: "DIRECTORY_UNREACHABLE" });
  });

  it("silence ends at the timeout, before and after the headers", async () => {
    let headersFirst = false;
    await using stub = await startStub((_, response) => {
      if (headersFirst) response.writeHead(200, { "content-type": "application/json" }).write("[");
      return null;
    });
    await using okta = await open(stub, { groups: false, requestTimeoutMs: 100 });
    await expect(readAll(okta)).rejects.toMatchObject({ code: "DIRECTORY_UNREACHABLE", retry: "later" });
    headersFirst = true;
    await expect(readAll(okta)).rejects.toMatchObject({ code: "DIRECTORY_UNREACHABLE", retry: "later" });
  });

  it("nobody listening is unreachable, and the token is in no message", async () => {
    const stub = await startStub(() => null);
    await stub[Symbol.asyncDispose]();
    await using okta = await open(stub);
    const error: unknown = await okta.readUser(userId(1), NEVER).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "DIRECTORY_UNREACHABLE", subject: `okta-main/user/${userId(1)}` });
    expect(JSON.stringify(error) + String(error)).not.toContain("SSWS");
  });

  it("a 404 of Okta itself is proof that the user is gone, the 404 of a proxy is not", async () => {
    let proxy = false;
    await using stub = await startStub(() => (proxy ? { status: 404, body: "not here" } : NOT_FOUND));
    await using okta = await open(stub);
    expect(await okta.readUser(userId(1), NEVER)).toEqual({ found: false, evidence: "Okta answered 404 (E0000007)" });
    proxy = true;
    await expect(okta.readUser(userId(1), NEVER)).rejects.toMatchObject({ code: "DIRECTORY_UNREADABLE", status: 404 });
  });
});

describe("429", () => {
  const inSeconds = (seconds: number): string => Math.floor(Date.now() / 1000 + seconds).toString();

  it("one call that is told to wait stops all others of the connection until then", async () => {
    const times: number[] = [];
    await using stub = await startStub(({ path }) => {
      times.push(Date.now());
      if (times.length > 1) return { body: path.endsWith("/groups") ? [] : user(1) };
      const headers = {
        "x-rate-limit-limit": "600",
        "x-rate-limit-remaining": "0",
        "x-rate-limit-reset": inSeconds(1),
      };
      return { status: 429, body: apiError("E0000047"), headers };
    });
    await using okta = await open(stub, { concurrency: 1 });
    await Promise.all([1, 1, 1].map((n) => okta.readUser(userId(n), NEVER)));
    expect(times).toHaveLength(7);
    expect(Math.min(...times.slice(1)) - (times[0] ?? 0)).toBeGreaterThan(1000);
  });

  it("the concurrency limit (limit 0) is backed off from, not waited out", async () => {
    await using stub = await startStub(({ path }) => {
      if (stub.asked.length > 2) return { body: path.endsWith("/groups") ? [] : user(1) };
      const headers = { "x-rate-limit-limit": "0", "x-rate-limit-remaining": "0", "x-rate-limit-reset": inSeconds(60) };
      return { status: 429, body: apiError("E0000047"), headers };
    });
    await using okta = await open(stub);
    const startedAt = Date.now();
    expect(await okta.readUser(userId(1), NEVER)).toMatchObject({ found: true });
    expect(Date.now() - startedAt).toBeLessThan(5000);
  });

  it("a wait beyond 90 s is handed to the caller, and later calls do not even ask", async () => {
    const headers = { "x-rate-limit-limit": "600", "x-rate-limit-reset": inSeconds(600) };
    await using stub = await startStub(() => ({ status: 429, body: apiError("E0000047"), headers }));
    await using okta = await open(stub, { groups: false });
    const refusal = { code: "DIRECTORY_THROTTLED", retry: "after" };
    await expect(readAll(okta)).rejects.toMatchObject(refusal);
    const error: unknown = await readAll(okta).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(refusal);
    expect(error).toHaveProperty("retryAfterMs", expect.closeTo(600_000, -4));
    expect(stub.asked).toHaveLength(1);
  });

  it("the reset is read by the server's clock, not by ours", () => {
    const nowMs = Date.parse("2026-11-21T12:00:00Z");
    const at = (headers: Record<string, string>, attempt = 1): number =>
      throttleDelayMs({ headers: new Headers(headers) }, attempt, nowMs, 0);
    const reset = (Date.parse("2026-11-21T09:00:30Z") / 1000).toString();
    expect(at({ "x-rate-limit-reset": reset, date: "Sat, 21 Nov 2026 09:00:00 GMT" })).toBe(31_000);
    expect(at({ "x-rate-limit-reset": reset })).toBe(500);
    expect(at({ "x-rate-limit-reset": `${reset}, ${reset}` })).toBe(500);
    expect(at({}, 3)).toBe(2000);
    expect(at({}, 99)).toBe(15_000);
    expect(throttleDelayMs(new Error("no headers"), 1, nowMs, 1)).toBe(750);
  });
});
