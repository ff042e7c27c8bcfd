import { spawnSync } from "node:child_process";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openOkta } from "../../src/directories/okta/okta.ts";
import {
  NEVER,
  NOT_FOUND,
  TOKEN,
  group,
  groupId,
  nextLink,
  open,
  readAll,
  startStub,
  user,
  userId,
} from "./okta-directory-stub.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("the SDK's cache", () => {
  it("two reads of one user are two rounds of requests, and the second sees the change", async () => {
    let status = "ACTIVE";
    await using stub = await startStub(({ path }) => ({
      body: path.endsWith("/groups") ? [] : user(1, { status, _links: { self: { href: `${stub.url}${path}` } } }),
    }));
    await using okta = await open(stub);
    expect(await okta.readUser(userId(1), NEVER)).toMatchObject({ value: { user: { state: "active" } } });
    status = "DEPROVISIONED";
    expect(await okta.readUser(userId(1), NEVER)).toEqual({ found: false, evidence: "Okta status DEPROVISIONED" });
    expect(stub.asked.filter(({ path }) => path === `/api/v1/users/${userId(1)}`)).toHaveLength(2);
  });

  it("an answer of 200 kB does not hang", async () => {
    await using stub = await startStub(({ path }) => ({
      body: path.endsWith("/groups") ? [] : user(1, { _links: { self: { href: path } }, filler: "x".repeat(200_000) }),
    }));
    await using okta = await open(stub);
    expect(await okta.readUser(userId(1), NEVER)).toMatchObject({ found: true });
  });
});

describe("paging", () => {
  it("follows three pages, an empty one in the middle, to the last link", async () => {
    const pages: Record<string, [unknown[], string | null]> = {
      first: [[user(1)], "second"],
      second: [[], "third"],
      third: [[user(2), user(3)], null],
    };
    await using stub = await startStub(({ path, query }) => {
      const [items, next] = pages[query.get("after") ?? "first"] ?? [[], null];
      return { body: items, headers: next === null ? {} : nextLink(`${stub.url}${path}?limit=2&after=${next}`) };
    });
    await using okta = await open(stub, { groups: false });
    expect(await readAll(okta)).toEqual({
      users: [`${userId(1)} active`, `${userId(2)} active`, `${userId(3)} active`],
      groups: [],
      evidence: "3 pages followed to the last link",
    });
  });

  it("never sends the token to another origin", async () => {
    await using thief = await startStub(() => ({ body: [] }));
    await using stub = await startStub(({ path }) => ({ body: [user(1)], headers: nextLink(`${thief.url}${path}`) }));
    await using okta = await open(stub, { groups: false });
    await expect(readAll(okta)).rejects.toMatchObject({ code: "DIRECTORY_INCOMPLETE" });
    expect(thief.asked).toHaveLength(0);
  });

  it("does not follow redirects", async () => {
    await using thief = await startStub(() => ({ body: [] }));
    await using stub = await startStub(() => ({ status: 302, body: "", headers: { location: thief.url } }));
    await using okta = await open(stub, { groups: false });
    await expect(readAll(okta)).rejects.toMatchObject({ code: "DIRECTORY_UNREADABLE", status: 302, retry: "never" });
    expect(thief.asked).toHaveLength(0);
  });

  it("refuses a next link that leads back to its own page", async () => {
    await using stub = await startStub(({ path, query }) => ({
      body: [user(1)],
      headers: nextLink(`${stub.url}${path}?${query.size === 1 ? "limit=200&after=a" : query.toString()}`),
    }));
    await using okta = await open(stub, { groups: false });
    await expect(readAll(okta)).rejects.toMatchObject({ code: "DIRECTORY_INCOMPLETE" });
  });

  it("stops between pages when aborted", async () => {
    const abort = new AbortController();
    await using stub = await startStub(({ path }) => ({
      body: [user(1)],
      headers: nextLink(`${stub.url}${path}?after=${stub.asked.length.toString()}`),
    }));
    await using okta = await open(stub, { groups: false });
    const pages = okta.snapshot(abort.signal);
    await pages.next();
    abort.abort(new Error("shutting down"));
    await expect(pages.next()).rejects.toThrow("shutting down");
    expect(stub.asked).toHaveLength(1);
  });

  it("aborts a request that hangs", async () => {
    const abort = new AbortController();
    await using stub = await startStub(() => {
      abort.abort(new Error("shutting down"));
      return null;
    });
    await using okta = await open(stub);
    await expect(okta.readUser(userId(1), abort.signal)).rejects.toThrow("shutting down");
  });
});

describe("configuration", () => {
  it("takes nothing from OKTA_CLIENT_* variables or a proxy variable", async () => {
    vi.stubEnv("OKTA_CLIENT_ORGURL", "https://stranger.okta.com");
    vi.stubEnv("OKTA_CLIENT_TOKEN", "stranger");
    vi.stubEnv("OKTA_CLIENT_AUTHORIZATIONMODE", "PrivateKey");
    vi.stubEnv("OKTA_CLIENT_CLIENTID", "stranger");
    vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:1");
    await using stub = await startStub(({ path }) => ({ body: path.endsWith("/groups") ? [] : user(1) }));
    await using okta = await open(stub);
    await okta.readUser(userId(1), NEVER);
    expect(stub.asked.map(({ headers }) => headers.authorization)).toEqual([`SSWS ${TOKEN}`, `SSWS ${TOKEN}`]);
    await expect(open(stub, { token: "" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("uses only the origin of orgUrl, so a trailing slash does no harm", async () => {
    await using stub = await startStub(() => ({ body: [] }));
    await using okta = await openOkta({
      connection: "o",
      orgUrl: `${stub.url}/`,
      token: TOKEN,
      users: true,
      groups: false,
    });
    await readAll(okta);
    expect(stub.asked.map(({ path }) => path)).toEqual(["/api/v1/users"]);
  });

  it("a malformed filter is refused before anything is loaded or sent", async () => {
    await using stub = await startStub(() => ({ body: [] }));
    await expect(open(stub, { userFilter: "includes:a@x.com" })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("the SDK is loaded when a connection is opened, not when the module is", () => {
    const script = `
      const { createRequire } = await import("node:module");
      const cache = createRequire(import.meta.url).cache;
      const loaded = () => Object.keys(cache).some((file) => file.includes("okta-sdk-nodejs"));
      const { openOkta } = await import("./src/directories/okta/okta.ts");
      const before = loaded();
      await openOkta({ connection: "o", orgUrl: "http://127.0.0.1:1", token: "t", users: true, groups: true });
      console.log(JSON.stringify({ before, after: loaded() }));`;
    const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    expect(run.stderr).toBe("");
    expect(JSON.parse(run.stdout)).toEqual({ before: false, after: true });
  });
});

describe("ids", () => {
  it.each(["../groups", "me", "00u/1", "", "a".repeat(41)])("%j never becomes part of a path", async (key) => {
    await using stub = await startStub(() => NOT_FOUND);
    await using okta = await open(stub);
    await expect(okta.readUser(key, NEVER)).rejects.toMatchObject({ code: "DIRECTORY_UNREADABLE" });
    await expect(okta.readGroup(key, NEVER)).rejects.toMatchObject({ code: "DIRECTORY_UNREADABLE" });
    expect(stub.asked).toHaveLength(0);
  });

  it("an answer about somebody else proves nothing", async () => {
    await using stub = await startStub(({ path }) => ({
      body: path.endsWith("/groups")
        ? []
        : path.includes("/groups/")
          ? group(2, "B")
          : user(2, { status: "DEPROVISIONED" }),
    }));
    await using okta = await open(stub);
    await expect(okta.readUser(userId(1), NEVER)).rejects.toMatchObject({ code: "DIRECTORY_INCOMPLETE" });
    await expect(okta.readGroup(groupId(1), NEVER)).rejects.toMatchObject({ code: "DIRECTORY_INCOMPLETE" });
  });
});
