import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ldapDirectory, readWhole } from "../testbed/ldap-directory.ts";
import { requireServer } from "../testbed/require-server.ts";
import { startSlapd, type Slapd } from "../testbed/slapd.ts";

const SIGNAL = new AbortController().signal;

describe.skipIf(!requireServer("slapd"))("connecting to OpenLDAP", () => {
  let slapd: Slapd;
  let other: Slapd;
  beforeAll(async () => {
    [slapd, other] = await Promise.all([
      startSlapd({ users: 600, groups: 10, env: { IDLE_TIMEOUT: "1" } }),
      startSlapd({ users: 1, groups: 0 }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([slapd[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
  });

  const plain = (): object => ({ ssl: false, port: slapd.port });
  const startTls = (): object => ({ ssl: true, startTls: true, port: slapd.port });

  test.each([
    ["LDAPS", () => ({})],
    ["LDAPS", () => ({ hostname: "localhost" })],
    ["StartTLS", startTls],
    ["StartTLS", () => ({ ...startTls(), ssl: false })],
    ["plain text", plain],
  ])("says that it speaks %s, and reads", async (encryption, more) => {
    await using directory = ldapDirectory(slapd, more());

    const identity = await directory.identify(SIGNAL);

    expect(identity.account).toBe(slapd.syncDn);
    expect(identity.capabilities).toEqual(
      expect.arrayContaining([encryption, "paged results", `reads ${slapd.base}`, "immutable id entryUUID"]),
    );
    await expect(readWhole(directory)).resolves.toMatchObject({ proof: { users: 600 } });
  });

  test.each([
    ["LDAPS", () => ({})],
    ["StartTLS", startTls],
  ])("%s with another CA is refused before any password is sent, and names the setting", async (_name, more) => {
    await using directory = ldapDirectory(slapd, { ...more(), ca: other.ca });
    await expect(directory.identify(SIGNAL)).rejects.toMatchObject({
      code: "DIRECTORY_UNREACHABLE",
      retry: "never",
      remedy: expect.stringMatching(/sslCaPath .* tlsCaPath/) as string,
    });
  });

  test("sslAllowUnauthorized connects anyway, and says so", async () => {
    await using directory = ldapDirectory(slapd, { ca: other.ca, sslAllowUnauthorized: true });
    const { capabilities } = await directory.identify(SIGNAL);
    expect(capabilities).toContain("certificate not verified");
  });

  test.each([
    ["a wrong password", { password: "wrong" }, 49],
    ["an unknown account", { username: "cn=nobody,dc=example,dc=test" }, 49],
    ["a bind name that is no DN", { username: "sync@example.test" }, 34],
  ])("%s is denied, without the password in the message", async (_name, wrong, status) => {
    await using directory = ldapDirectory(slapd, wrong);
    const reading = directory.readUser("any", SIGNAL);
    await expect(reading).rejects.toMatchObject({ code: "DIRECTORY_DENIED", retry: "never", status });
    await expect(reading).rejects.not.toThrow(/wrong|sync-secret/);
  });

  test("nobody listening is unreachable, and worth another try", async () => {
    const { port, url } = { port: 1, url: "ldaps://127.0.0.1:1" };
    await using directory = ldapDirectory(slapd, { port });
    await expect(directory.identify(SIGNAL)).rejects.toMatchObject({
      code: "DIRECTORY_UNREACHABLE",
      retry: "later",
      message: expect.stringContaining(url) as string,
    });
  });

  test("a snapshot that the server cuts for idleness fails instead of going on anonymously", async () => {
    await using directory = ldapDirectory(slapd, { ...startTls() });
    const pages = directory.snapshot(SIGNAL);
    await pages.next();
    await sleep(3_500); // the server looks for idle clients every second or two; nothing to wait for on this side

    const rest = (async () => {
      for await (const page of pages) expect(page).toBeDefined();
    })();

    await expect(rest).rejects.toMatchObject({ code: "DIRECTORY_UNREACHABLE", retry: "later" });
  });

  test("direct reads go on with a new bound connection after an idle cut and after a restart", async () => {
    await using directory = ldapDirectory(slapd);
    const [person] = slapd.company.people;
    const key = person?.uuid ?? "";
    await expect(directory.readUser(key, SIGNAL)).resolves.toMatchObject({ found: true });
    await sleep(3_500); // see above
    await expect(directory.readUser(key, SIGNAL)).resolves.toMatchObject({ found: true });

    await slapd.restart();

    await expect(directory.readUser(key, SIGNAL)).resolves.toMatchObject({ found: true });
  });

  test("an unreachable server fails a direct read; it never says gone", async () => {
    await using slow = await startSlapd({ users: 2, groups: 0 });
    await using directory = ldapDirectory(slow);
    const key = slow.company.people[0]?.uuid ?? "";
    await expect(directory.readUser(key, SIGNAL)).resolves.toMatchObject({ found: true });

    await slow.stop();
    await expect(directory.readUser(key, SIGNAL)).rejects.toMatchObject({ code: "DIRECTORY_UNREACHABLE" });

    await slow.start();
    await expect(directory.readUser(key, SIGNAL)).resolves.toMatchObject({ found: true });
  });
});
