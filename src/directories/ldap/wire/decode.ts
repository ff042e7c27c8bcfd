import { BerReader, ControlParser, PagedResultsControl } from "ldapts";
import { guidText } from "./guid.ts";

/** One entry: attribute names in lower case, objectGUID already as text. */
export interface LdapEntry {
  /** Exactly as the server spells it. */
  dn: string;
  attributes: Map<string, string[]>;
}

/** The end of an operation. */
export interface LdapResult {
  code: number;
  message: string;
  /** Where the server says the answer is (result 10). */
  referrals: string[];
  /** Of the paged results control; null when the server sent no such control. */
  cookie: Buffer | null;
}

export type Reply = { id: number } & (
  | { kind: "entry"; entry: LdapEntry }
  | { kind: "reference"; urls: string[] }
  | { kind: "result"; result: LdapResult }
  | { kind: "other" }
);

const OP = { bind: 0x61, entry: 0x64, done: 0x65, reference: 0x73, extended: 0x78 };
const CONTROLS = 0xa0;
const REFERRAL = 0xa3;
const OCTETS = 0x04;

/** Reads one whole LDAP message. Throws when it is malformed; never reads past its end. */
export function decode(frame: Buffer): Reply {
  const reader = new BerReader(frame);
  enter(reader);
  const id = reader.readInt();
  if (id === null) throw malformed();
  const { tag, end } = enter(reader);
  switch (tag) {
    case OP.entry:
      return { id, kind: "entry", entry: entryOf(reader, end) };
    case OP.reference:
      return { id, kind: "reference", urls: strings(reader, end) };
    case OP.bind:
    case OP.done:
    case OP.extended:
      return { id, kind: "result", result: resultOf(reader, end) };
    default:
      return { id, kind: "other" };
  }
}

function entryOf(reader: BerReader, end: number): LdapEntry {
  const dn = text(reader);
  const attributes = new Map<string, string[]>();
  enter(reader);
  while (reader.offset < end) {
    enter(reader);
    const name = text(reader).toLowerCase();
    const values = enter(reader);
    if (name === "objectguid") attributes.set(name, [guidText(octets(reader))]);
    else attributes.set(name, strings(reader, values.end));
    reader.offset = values.end;
  }
  return { dn, attributes };
}

function resultOf(reader: BerReader, end: number): LdapResult {
  const code = reader.readEnumeration();
  if (code === null) throw malformed();
  text(reader); // matchedDN
  const message = text(reader).replace(/\0/g, "").trim();
  let referrals: string[] = [];
  if (reader.offset < end && reader.peek() === REFERRAL) referrals = strings(reader, enter(reader).end);
  reader.offset = end;
  return { code, message, referrals, cookie: pagedCookie(reader) };
}

function pagedCookie(reader: BerReader): Buffer | null {
  if (reader.remain === 0 || reader.peek() !== CONTROLS) return null;
  const { end } = enter(reader);
  let cookie: Buffer | null = null;
  while (reader.offset < end) {
    const before = reader.offset;
    const control = ControlParser.parse(reader, []);
    if (reader.offset <= before) throw malformed();
    if (control instanceof PagedResultsControl) cookie = control.value?.cookie ?? Buffer.alloc(0);
  }
  return cookie;
}

function enter(reader: BerReader): { tag: number; end: number } {
  const tag = reader.readSequence();
  const end = reader.offset + reader.length;
  if (tag === null || reader.length < 0 || end > reader.buffer.length) throw malformed();
  return { tag, end };
}

function strings(reader: BerReader, end: number): string[] {
  const values: string[] = [];
  while (reader.offset < end) values.push(text(reader));
  return values;
}

/** The reader accepts lengths that wrap to negative and would then stand still or walk backwards. */
function text(reader: BerReader): string {
  const before = reader.offset;
  const value = reader.readString();
  if (value === null || reader.offset <= before) throw malformed();
  return value;
}

function octets(reader: BerReader): Buffer {
  const value = reader.readString(OCTETS, true);
  if (value?.length !== 16) throw malformed();
  return value;
}

function malformed(): Error {
  return new Error("a malformed LDAP message");
}
