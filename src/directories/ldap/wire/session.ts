import type { Filter } from "ldapts";
import { connectAndBind, type LdapConnection } from "./connection.ts";
import type { LdapEntry, LdapResult } from "./decode.ts";
import { canonicalDn, isUnder } from "./dn.ts";
import { incomplete, resultError } from "./errors.ts";
import { parseFilter } from "./filter.ts";
import type { Layout } from "../layout.ts";
import type { Transport } from "./socket.ts";

const PAGE_ENTRIES = 500;
const SMALLEST_PAGE_ENTRIES = 100;
const ADMIN_LIMIT_EXCEEDED = 11;
const NO_SUCH_OBJECT = 32;
const ANYTHING = parseFilter("(objectClass=*)");

export interface Access {
  transport: Transport;
  username: string;
  password: string;
  timeoutMs: number;
}

/**
 * Searches over one bound connection that has proved that it sees the root. Answers are whole or the
 * call rejects. Concurrent calls are fine.
 */
export class Session implements AsyncDisposable {
  readonly layout: Layout;
  readonly #connection: LdapConnection;
  /** OpenLDAP allows one paged search at a time per connection (53 otherwise). */
  #pagedTurn: Promise<unknown> = Promise.resolve();
  #keyAttribute: string;
  pagesRead = 0;

  constructor(layout: Layout, connection: LdapConnection) {
    this.layout = layout;
    this.#connection = connection;
    this.#keyAttribute = layout.keyAttributes[0];
  }

  get broken(): boolean {
    return this.#connection.broken;
  }

  /** The attribute that holds the immutable id in this directory. */
  get keyAttribute(): string {
    return this.#keyAttribute;
  }

  /** Reads the root and the search bases; rejects with DIRECTORY_DENIED when one is not there for this account. */
  async prove(signal: AbortSignal): Promise<void> {
    const { bases, keyAttributes } = this.layout;
    const [entry] = await Promise.all(
      bases.map(async (base) => {
        const found = await this.entry(base, ANYTHING, [...keyAttributes], signal);
        if (found === null) throw resultError({ ...NOTHING, code: NO_SUCH_OBJECT }, `read ${base}`);
        return found;
      }),
    );
    const present = keyAttributes.find((name) => entry?.attributes.has(name.toLowerCase()));
    this.#keyAttribute = present ?? this.#keyAttribute;
  }

  /** One entry by its DN, or null when it is not there or does not match. */
  async entry(dn: string, filter: Filter, attributes: string[], signal: AbortSignal): Promise<LdapEntry | null> {
    const { ownDomainOnly } = this.layout;
    const found: LdapEntry[] = [];
    const search = { base: dn, scope: "base", filter, attributes, ownDomainOnly } as const;
    const batches = this.#connection.search(search, signal);
    let step = await batches.next();
    for (; step.done !== true; step = await batches.next()) found.push(...step.value.entries);
    if (step.value.code === NO_SUCH_OBJECT) return null;
    if (step.value.code !== 0) throw resultError(step.value, `read ${dn}`);
    return found[0] ?? null;
  }

  /** Everything below a base, collected. */
  async all(base: string, filter: Filter, attributes: string[], signal: AbortSignal): Promise<LdapEntry[]> {
    const entries: LdapEntry[] = [];
    await this.visit(base, filter, attributes, signal, (entry) => entries.push(entry));
    return entries;
  }

  /** Everything below a base, entry by entry; waits for its turn. */
  async visit(
    base: string,
    filter: Filter,
    attributes: string[],
    signal: AbortSignal,
    see: (entry: LdapEntry) => void,
  ): Promise<void> {
    const turn = this.#pagedTurn;
    const read = async (): Promise<void> => {
      await turn;
      for await (const page of this.stream(base, filter, attributes, signal)) page.forEach(see);
    };
    const work = read();
    this.#pagedTurn = work.catch(() => undefined); // its caller gets the error; the next one has its own turn
    await work;
  }

  /** Everything below a base as it arrives. Only one stream at a time, and no `visit` beside it. */
  async *stream(
    base: string,
    filter: Filter,
    attributes: string[],
    signal: AbortSignal,
  ): AsyncGenerator<LdapEntry[], void, undefined> {
    const { paged, ownDomainOnly } = this.layout;
    let size = PAGE_ENTRIES;
    let cookie: Buffer = Buffer.alloc(0);
    for (;;) {
      const search = { base, scope: "sub", filter, attributes, ownDomainOnly } as const;
      const batches = this.#connection.search(paged ? { ...search, page: { size, cookie } } : search, signal);
      let received = 0;
      let step = await batches.next();
      for (; step.done !== true; step = await batches.next()) {
        this.#checkReferences(base, step.value.references);
        received += step.value.entries.length;
        if (step.value.entries.length > 0) yield step.value.entries;
      }
      const result = step.value;
      const refused = result.code === ADMIN_LIMIT_EXCEEDED && received === 0 && cookie.length === 0;
      if (refused && paged && size > SMALLEST_PAGE_ENTRIES) {
        // OpenLDAP refuses a page over its maximum instead of clamping it.
        size = Math.max(SMALLEST_PAGE_ENTRIES, Math.floor(size / 2));
        continue;
      }
      if (result.code !== 0) throw resultError(result, `search below ${base}`);
      this.pagesRead++;
      if (!paged) return;
      if (result.cookie === null) throw unpaged(base);
      // An empty page may well carry a cookie (RFC 2696): only the empty cookie is the end.
      if (result.cookie.length === 0) return;
      cookie = result.cookie;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  /** A part of the tree is on another server. That matters when people or groups in scope could be there. */
  #checkReferences(base: string, urls: string[]): void {
    const bases = [this.layout.users.canonicalBase, this.layout.groups.canonicalBase];
    const searched = canonicalDn(base);
    for (const url of urls) {
      const dn = referencedDn(url);
      if (bases.some((scope) => dn === null || isUnder(searched, scope) || isUnder(dn, scope))) {
        throw incomplete(
          `search below ${base}: a part of the tree is on another server (${url})`,
          "Connect to a server that holds the whole tree, or choose userPath and groupPath beside that part.",
          "never",
        );
      }
    }
  }
}

const NOTHING: LdapResult = { code: 0, message: "", referrals: [], cookie: null };

/** Opens a connection, binds and proves the view. */
export async function openSession(layout: Layout, access: Access, signal: AbortSignal): Promise<Session> {
  const connection = await connectAndBind(access.transport, access, access.timeoutMs, signal);
  const session = new Session(layout, connection);
  try {
    await session.prove(signal);
    return session;
  } catch (thrown) {
    await session[Symbol.asyncDispose]();
    throw thrown;
  }
}

function unpaged(base: string): Error {
  return incomplete(
    `search below ${base}: the server ignored the request for pages`,
    "Set pagedSearch: false, and let the sync account read without size limit.",
    "never",
  );
}

/** The DN of `ldap://host/dn?…` in canonical form; null when the URL names none. */
function referencedDn(url: string): string | null {
  const path = /^ldaps?:\/\/[^/]*\/([^?]+)/i.exec(url)?.[1];
  if (path === undefined) return null;
  try {
    return canonicalDn(decodeURIComponent(path));
  } catch {
    return null; // not percent-encoded text: unknown, which counts as in scope
  }
}
