import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LdapConnection, type Search } from "../../src/directories/ldap/wire/connection.ts";
import { parseFilter } from "../../src/directories/ldap/wire/filter.ts";
import { Frames } from "../../src/directories/ldap/wire/frames.ts";
import { openLdap } from "../../src/directories/ldap/ldap.ts";
import type { Directory } from "../../src/directories/directory.ts";
import { entry, personEntry, politely, reference, result, startFakeLdap, type Answer } from "../testbed/fake-ldap.ts";

const SIGNAL = new AbortController().signal;
const SEARCH: Search = { base: "dc=test", scope: "sub", filter: parseFilter("(a=b)"), attributes: [] };

function directoryAt(port: number, more: { startTls?: boolean; groups?: boolean } = {}): Directory {
  return openLdap({
    connection: "ldap-main",
    preset: "openldap",
    hostname: "127.0.0.1",
    port,
    ssl: false,
    startTls: more.startTls ?? false,
    sslAllowUnauthorized: false,
    rootPath: "dc=test",
    username: "cn=sync,dc=test",
    password: "secret",
    pagedSearch: true,
    users: true,
    groups: more.groups ?? false,
    timeoutMs: 300,
    connectTimeoutMs: 2_000,
  });
}

async function userKeys(directory: Directory): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of directory.snapshot(SIGNAL)) {
    if (page.kind === "users") keys.push(...page.users.map(({ key }) => key));
  }
  return keys;
}

test("messages survive being cut anywhere", () => {
  const messages = [
    personEntry(2, 1),
    entry(2, "cn=big", { member: Array<string>(50).fill("x".repeat(90)) }),
    result(2, 0),
  ];
  const stream = Buffer.concat(messages);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: stream.length }), { maxLength: 20 }), (cuts) => {
      const frames = new Frames();
      const marks = [0, ...cuts.sort((a, b) => a - b), stream.length];
      const whole = marks.slice(1).flatMap((end, index) => frames.push(stream.subarray(marks[index], end)));
      expect(whole).toEqual(messages);
      expect(frames.pendingBytes).toBe(0);
    }),
  );
});

test.each([
  ["another protocol", Buffer.from("HTTP/1.1 400 Bad Request")],
  ["an indefinite length", Buffer.from([0x30, 0x80, 0, 0])],
  ["a length over the bound", Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff])],
])("%s is refused at its first bytes", (_name, bytes) => {
  expect(() => new Frames().push(bytes)).toThrow();
});

test("an empty page that carries a cookie is not the end", async () => {
  const pages: Answer = ({ id, page }, socket) => {
    if (page?.cookie === "") socket.write(Buffer.concat([personEntry(id, 1), result(id, 0, { cookie: "one" })]));
    if (page?.cookie === "one") socket.write(result(id, 0, { cookie: "two" }));
    if (page?.cookie === "two") socket.write(Buffer.concat([personEntry(id, 2), result(id, 0, { cookie: "" })]));
  };
  await using server = await startFakeLdap(pages);
  await using directory = directoryAt(server.port);

  await expect(userKeys(directory)).resolves.toEqual(["key-p1", "key-p2"]);
});

test("an answer to a paged search without the control proves nothing", async () => {
  await using server = await startFakeLdap(({ id }, socket) => {
    socket.write(Buffer.concat([personEntry(id, 1), result(id, 0)]));
  });
  await using directory = directoryAt(server.port);

  await expect(userKeys(directory)).rejects.toMatchObject({ code: "DIRECTORY_INCOMPLETE", retry: "never" });
});

test("the page is halved where the server refuses its size, and not below 100", async () => {
  await using server = await startFakeLdap(({ id }, socket) => socket.write(result(id, 11)));
  await using directory = directoryAt(server.port);

  await expect(userKeys(directory)).rejects.toMatchObject({ code: "DIRECTORY_INCOMPLETE", status: 11 });
  const sizes = server.requests.flatMap(({ page }) => page?.size ?? []);
  expect(sizes).toEqual([500, 250, 125, 100]);
});

test("a part of the tree on another server makes the snapshot incomplete", async () => {
  await using server = await startFakeLdap(({ id }, socket) => {
    socket.write(
      Buffer.concat([personEntry(id, 1), reference(id, "ldap://far.test/ou=x,dc=test"), result(id, 0, { cookie: "" })]),
    );
  });
  await using directory = directoryAt(server.port);

  await expect(userKeys(directory)).rejects.toThrow(/another server \(ldap:\/\/far\.test/);
});

test("an error after entries is an error, not a shorter answer", async () => {
  await using server = await startFakeLdap(({ id }, socket) => {
    socket.write(Buffer.concat([personEntry(id, 1), result(id, 4)]));
  });
  await using directory = directoryAt(server.port);

  await expect(userKeys(directory)).rejects.toMatchObject({ code: "DIRECTORY_INCOMPLETE", status: 4 });
});

test.each<[string, Answer, RegExp]>([
  ["says nothing", () => undefined, /no answer within 0\.3 s/],
  ["says nothing more", ({ id }, socket) => socket.write(personEntry(id, 1)), /no answer within 0\.3 s/],
  [
    "gives notice of disconnection",
    (_, socket) => socket.write(result(0, 52, { tag: 0x78, text: "bye" })),
    /disconnects: bye/,
  ],
  ["cuts the connection", (_, socket) => socket.destroy(), /closed the connection|ECONNRESET/],
  ["stops speaking LDAP", (_, socket) => socket.write(Buffer.alloc(70_000, 0x41)), /not LDAP/],
  ["sends a length that wraps", ({ id }, socket) => socket.write(wrapping(id)), /malformed LDAP/],
])("a server that %s in the middle fails the snapshot for good", async (_name, answer, message) => {
  await using server = await startFakeLdap(answer);
  await using directory = directoryAt(server.port);

  const reading = userKeys(directory);

  await expect(reading).rejects.toThrow(message);
  await expect(reading).rejects.toMatchObject({ code: "DIRECTORY_UNREACHABLE", retry: "later" });
  expect(server.requests.filter(({ op }) => op === "bind")).toHaveLength(1);
});

test("a closed connection never comes back", async () => {
  await using server = await startFakeLdap((_, socket) => socket.destroy());
  const socket = await connected(server.port);
  await using connection = new LdapConnection(socket, "fake", 1_000);
  await connection.bind("cn=sync", "secret");

  await expect(connection.search(SEARCH, SIGNAL).next()).rejects.toThrow();
  await expect(connection.search(SEARCH, SIGNAL).next()).rejects.toThrow(/closed the connection|ECONNRESET/);
  expect(connection.broken).toBe(true);
  expect(server.requests.filter(({ op }) => op === "search")).toHaveLength(1);
});

test("a reader that pauses stops the server instead of filling the memory", async () => {
  const many = 200_000;
  await using server = await startFakeLdap(({ id }, socket) => {
    for (let i = 0; i < many; i++) socket.write(personEntry(id, i));
    socket.write(result(id, 0));
  });
  const socket = await connected(server.port);
  await using connection = new LdapConnection(socket, "fake", 5_000);
  await connection.bind("cn=sync", "secret");

  const batches = connection.search(SEARCH, SIGNAL);
  const first = await batches.next();
  await expect.poll(() => socket.isPaused()).toBe(true);
  const readWhilePaused = socket.bytesRead;
  let seen = first.done === true ? 0 : first.value.entries.length;
  for await (const batch of batches) seen += batch.entries.length;

  expect(readWhilePaused).toBeLessThan(2_000_000);
  expect(seen).toBe(many);
});

test("not found is no proof on a connection that lost sight of the tree", async () => {
  let blind = false;
  const losing: Answer = ({ id }, socket) => {
    blind = true;
    socket.write(result(id, 0, { cookie: "" }));
  };
  await using server = await startFakeLdap(losing, (request, socket) => {
    if (blind && request.op === "search") socket.write(result(request.id, 32));
    else politely(request, socket);
  });
  await using directory = directoryAt(server.port);

  await expect(directory.readUser("key-p1", SIGNAL)).rejects.toMatchObject({ code: "DIRECTORY_DENIED", status: 32 });
});

test("cancelling one search leaves the others alone", async () => {
  await using server = await startFakeLdap(({ id, base }, socket) => {
    if (base === "ou=answered") setImmediate(() => socket.write(result(id, 0)));
  });
  await using connection = new LdapConnection(await connected(server.port), "fake", 5_000);
  await connection.bind("cn=sync", "secret");
  const cancel = new AbortController();

  const mute = connection.search({ ...SEARCH, base: "ou=mute" }, cancel.signal).next();
  const answered = connection.search({ ...SEARCH, base: "ou=answered" }, SIGNAL).next();
  cancel.abort();

  await expect(mute).rejects.toThrow(/cancelled/);
  await expect(answered).resolves.toMatchObject({ done: true, value: { code: 0 } });
});

test("clear text behind the answer to StartTLS is refused", async () => {
  const injecting: Answer = ({ id }, socket) =>
    socket.write(Buffer.concat([result(id, 0, { tag: 0x78 }), result(3, 0, { tag: 0x61 })]));
  await using server = await startFakeLdap(politely, injecting);
  await using directory = directoryAt(server.port, { startTls: true });

  await expect(directory.identify(SIGNAL)).rejects.toThrow(/clear text after StartTLS/);
  expect(server.requests.map(({ op }) => op)).toEqual(["extended"]);
});

test("a TCP server that never finishes TLS is given up in time", async () => {
  await using server = await startFakeLdap(politely, ({ id, op }, socket) => {
    if (op === "extended") socket.write(result(id, 0, { tag: 0x78 }));
  });
  await using directory = directoryAt(server.port, { startTls: true });

  await expect(directory.identify(SIGNAL)).rejects.toThrow(/no connection within 2 s/);
});

/** An attribute value whose four length bytes are negative as a 32 bit number. */
function wrapping(id: number): Buffer {
  const good = entry(id, "cn=x", { a: ["12345678"] });
  const at = good.indexOf("12345678") - 2;
  return Buffer.concat([
    good.subarray(0, at),
    Buffer.from([0x04, 0x84, 0xff, 0xff, 0xff, 0xfa]),
    good.subarray(at + 6),
  ]);
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  return socket;
}
