import { createServer, type AddressInfo, type Socket } from "node:net";
import { BerReader, BerWriter, PagedResultsControl, PresenceFilter, SearchRequest } from "ldapts";

/** What a client asked, as far as the tests care. */
export interface FakeRequest {
  id: number;
  op: "bind" | "search" | "extended" | "other";
  base: string;
  scope: string;
  /** In lower case. */
  attributes: string[];
  /** Of the paged results control; null without one. */
  page: { size: number; cookie: string } | null;
}

export type Answer = (request: FakeRequest, socket: Socket) => void;

/** A server that says whatever a test wants, for answers no real server can be made to give. */
export interface FakeLdap extends AsyncDisposable {
  port: number;
  requests: FakeRequest[];
}

const OPS: Record<number, FakeRequest["op"]> = { 0x60: "bind", 0x63: "search", 0x77: "extended" };

/** Binds succeed and every base entry exists; `answer` speaks for everything below. */
export async function startFakeLdap(answer: Answer, welcome: Answer = politely): Promise<FakeLdap> {
  const requests: FakeRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    // Requests are small: one chunk holds whole messages.
    socket.on("data", (chunk: Buffer) => {
      for (const request of parse(chunk)) {
        requests.push(request);
        (request.op === "search" && request.scope === "sub" ? answer : welcome)(request, socket);
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Success to everything, and an entry for every base search. */
export function politely(request: FakeRequest, socket: Socket): void {
  if (request.op === "bind") socket.write(result(request.id, 0, { tag: 0x61 }));
  if (request.op === "extended") socket.write(result(request.id, 0, { tag: 0x78 }));
  if (request.op !== "search") return;
  socket.write(entry(request.id, request.base, { entryUUID: ["base"] }));
  socket.write(result(request.id, 0));
}

/** A person's entry as `entry` writes it. */
export function personEntry(id: number, number: number): Buffer {
  const uid = `p${String(number)}`;
  return entry(id, `uid=${uid},dc=test`, { entryUUID: [`key-${uid}`], mail: [`${uid}@example.test`] });
}

export function entry(id: number, dn: string, attributes: Record<string, string[]>): Buffer {
  return message(id, 0x64, (writer) => {
    writer.writeString(dn);
    writer.startSequence();
    for (const [name, values] of Object.entries(attributes)) {
      writer.startSequence();
      writer.writeString(name);
      writer.startSequence(0x31);
      for (const value of values) writer.writeString(value);
      writer.endSequence();
      writer.endSequence();
    }
    writer.endSequence();
  });
}

export function reference(id: number, url: string): Buffer {
  return message(id, 0x73, (writer) => {
    writer.writeString(url);
  });
}

/** The end of an operation; `cookie` makes it the end of a page. */
export function result(
  id: number,
  code: number,
  { tag = 0x65, cookie, text = "" }: { tag?: number; cookie?: string; text?: string } = {},
): Buffer {
  const write = (writer: BerWriter): void => {
    writer.writeEnumeration(code);
    writer.writeString("");
    writer.writeString(text);
  };
  return message(id, tag, write, cookie);
}

function message(id: number, tag: number, write: (writer: BerWriter) => void, cookie?: string): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(tag);
  write(writer);
  writer.endSequence();
  if (cookie !== undefined) {
    writer.startSequence(0xa0);
    new PagedResultsControl({ value: { size: 0, cookie: Buffer.from(cookie) } }).write(writer);
    writer.endSequence();
  }
  writer.endSequence();
  return Buffer.from(writer.buffer);
}

function* parse(chunk: Buffer): Generator<FakeRequest> {
  // A TLS greeting is none of ours.
  for (let rest = chunk; rest[0] === 0x30;) {
    const outer = new BerReader(rest);
    outer.readSequence();
    const bytes = rest.subarray(0, outer.offset + outer.length);
    rest = rest.subarray(bytes.length);
    const reader = new BerReader(bytes);
    reader.readSequence();
    const id = reader.readInt() ?? 0;
    const op = OPS[reader.readSequence() ?? 0] ?? "other";
    const request: FakeRequest = { id, op, base: "", scope: "", attributes: [], page: null };
    if (op === "search") {
      const search = new SearchRequest({ messageId: id, filter: new PresenceFilter({ attribute: "x" }) });
      search.parse(reader, []);
      request.base = search.baseDN;
      request.scope = search.scope;
      request.attributes = search.attributes;
      const control = search.controls?.find((one) => one instanceof PagedResultsControl)?.value;
      if (control !== undefined) request.page = { size: control.size, cookie: String(control.cookie ?? "") };
    }
    yield request;
  }
}
