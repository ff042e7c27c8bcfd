import type { Socket } from "node:net";
import {
  AbandonRequest,
  BindRequest,
  PagedResultsControl,
  SearchRequest,
  UnbindRequest,
  Control,
  type Filter,
} from "ldapts";
import { toBridgeError, type BridgeError } from "../../../domain/errors.ts";
import { decode, type LdapEntry, type LdapResult } from "./decode.ts";
import { connectionError, resultError } from "./errors.ts";
import { Frames } from "./frames.ts";
import { Mailbox } from "./mailbox.ts";
import { openSocket, type Transport } from "./socket.ts";

export interface Search {
  base: string;
  scope: "base" | "sub";
  filter: Filter;
  attributes: string[];
  /** Ask for one page; an empty cookie asks for the first. */
  page?: { size: number; cookie: Buffer };
  /** AD only: do not refer to other naming contexts and child domains (MS-ADTS LDAP_SERVER_DOMAIN_SCOPE_OID). */
  ownDomainOnly?: boolean;
}

export interface Batch {
  entries: LdapEntry[];
  references: string[];
}

const DOMAIN_SCOPE = "1.2.840.113556.1.4.1339";
/** Enforced by the server; ours is `timeoutMs` per message. */
const SERVER_TIME_LIMIT_SECONDS = 300;
const HIGH_WATER = 256;

/**
 * One LDAP connection, bound once. It never reconnects: whatever goes wrong closes it for good and
 * every later call fails, so that no search can run anonymously. Entries are given out while they arrive.
 */
export class LdapConnection implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #server: string;
  readonly #timeoutMs: number;
  readonly #frames = new Frames();
  readonly #mailboxes = new Map<number, Mailbox>();
  #lastId = 1; // 1 was StartTLS
  #broken: BridgeError | null = null;

  /** The socket must be ready for the bind (`openSocket`). `timeoutMs`: longest silence while an answer is due. */
  constructor(socket: Socket, server: string, timeoutMs: number) {
    this.#socket = socket;
    this.#server = server;
    this.#timeoutMs = timeoutMs;
    socket.on("data", (chunk: Buffer) => {
      this.#receive(chunk);
    });
    socket.on("error", (error) => {
      this.#close(error);
    });
    socket.on("close", () => {
      this.#close(new Error("the server closed the connection"));
    });
  }

  /** Is the connection closed for good? */
  get broken(): boolean {
    return this.#broken !== null;
  }

  /** Simple bind. Rejects with DIRECTORY_DENIED when the server refuses it; the connection is closed then. */
  async bind(dn: string, password: string): Promise<void> {
    const id = this.#nextId();
    const mailbox = this.#send(id, new BindRequest({ messageId: id, dn, password }).write());
    const [reply] = await mailbox.take(this.#timeoutMs, this.#onSilence);
    this.#mailboxes.delete(id);
    if (reply?.kind === "result" && reply.result.code === 0) return;
    const error =
      reply?.kind === "result"
        ? resultError(reply.result, `bind as ${dn}`)
        : connectionError(this.#server, new Error("the answer to the bind is not LDAP"));
    this.#close(error);
    throw error;
  }

  /** Gives out the entries as they arrive and returns the server's result, whatever its code. */
  async *search(search: Search, signal: AbortSignal): AsyncGenerator<Batch, LdapResult, undefined> {
    const id = this.#nextId();
    const mailbox = this.#send(id, requestBytes(id, search));
    const cancel = (): void => {
      mailbox.fail(connectionError(this.#server, new Error("the request was cancelled")));
    };
    signal.addEventListener("abort", cancel);
    if (signal.aborted) cancel();
    let finished = false;
    try {
      for (;;) {
        const batch: Batch = { entries: [], references: [] };
        let result: LdapResult | null = null;
        for (const reply of await mailbox.take(this.#timeoutMs, this.#onSilence)) {
          if (reply.kind === "entry") batch.entries.push(reply.entry);
          else if (reply.kind === "reference") batch.references.push(...reply.urls);
          else if (reply.kind === "result") result = reply.result;
        }
        if (result !== null) finished = true;
        if (batch.entries.length > 0 || batch.references.length > 0) yield batch;
        if (result !== null) return result;
        this.#resume();
      }
    } finally {
      signal.removeEventListener("abort", cancel);
      this.#mailboxes.delete(id);
      if (!finished) this.#abandon(id);
      this.#resume();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.broken) this.#socket.write(new UnbindRequest({ messageId: this.#nextId() }).write());
    this.#close(new Error("the connection was closed by the bridge"));
    await Promise.resolve();
  }

  #send(id: number, bytes: Buffer): Mailbox {
    const mailbox = new Mailbox();
    if (this.#broken !== null) {
      mailbox.fail(this.#broken);
      return mailbox;
    }
    this.#mailboxes.set(id, mailbox);
    this.#socket.write(bytes);
    return mailbox;
  }

  #abandon(id: number): void {
    if (!this.broken) this.#socket.write(new AbandonRequest({ messageId: this.#nextId(), abandonId: id }).write());
  }

  #receive(chunk: Buffer): void {
    if (this.broken) return;
    try {
      for (const frame of this.#frames.push(chunk)) {
        const reply = decode(frame);
        if (reply.id === 0) {
          throw new Error(`the server disconnects${reply.kind === "result" ? `: ${reply.result.message}` : ""}`);
        }
        // No mailbox: the rest of an abandoned search.
        const mailbox = this.#mailboxes.get(reply.id);
        mailbox?.push(reply);
        if (mailbox !== undefined && mailbox.size > HIGH_WATER) this.#socket.pause();
      }
    } catch (thrown) {
      this.#close(thrown);
    }
  }

  #resume(): void {
    if (this.broken || !this.#socket.isPaused()) return;
    for (const mailbox of this.#mailboxes.values()) if (mailbox.size > HIGH_WATER) return;
    this.#socket.resume();
  }

  #nextId(): number {
    return ++this.#lastId;
  }

  readonly #onSilence = (): void => {
    this.#close(new Error(`no answer within ${String(this.#timeoutMs / 1000)} s`));
  };

  #close(reason: unknown): void {
    if (this.#broken !== null) return;
    this.#broken = connectionError(this.#server, reason);
    this.#socket.destroySoon();
    for (const mailbox of this.#mailboxes.values()) mailbox.fail(this.#broken);
    this.#mailboxes.clear();
  }
}

/** Connects, encrypts as configured and binds. Rejects with DIRECTORY_UNREACHABLE or DIRECTORY_DENIED. */
export async function connectAndBind(
  transport: Transport,
  account: { username: string; password: string },
  timeoutMs: number,
  signal: AbortSignal,
): Promise<LdapConnection> {
  const server = serverUrl(transport);
  let socket: Socket;
  try {
    socket = await openSocket(transport, signal);
  } catch (thrown) {
    const known = toBridgeError(thrown);
    throw known.code === "INTERNAL" ? connectionError(server, thrown) : known;
  }
  const connection = new LdapConnection(socket, server, timeoutMs);
  await connection.bind(account.username, account.password);
  return connection;
}

/** For messages and the status page; StartTLS is `ldap` with `+starttls` behind it. */
export function serverUrl(transport: Transport): string {
  const url = `${transport.security === "ldaps" ? "ldaps" : "ldap"}://${transport.hostname}:${String(transport.port)}`;
  return transport.security === "starttls" ? `${url}+starttls` : url;
}

function requestBytes(messageId: number, search: Search): Buffer {
  const { base: baseDN, scope, filter, attributes, page } = search;
  const controls: Control[] = [];
  // Critical: a server that cannot page must say so (12) instead of cutting the answer.
  if (page !== undefined) controls.push(new PagedResultsControl({ critical: true, value: page }));
  if (search.ownDomainOnly === true) controls.push(new Control(DOMAIN_SCOPE));
  const timeLimit = SERVER_TIME_LIMIT_SECONDS;
  return new SearchRequest({ messageId, baseDN, scope, filter, attributes, timeLimit, controls }).write();
}
