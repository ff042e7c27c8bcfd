/**
 * The one place that touches the Okta SDK. Loading it costs about a second and 90 MB, so this file is imported
 * dynamically, only when an Okta connection is opened.
 *
 * The SDK's defaults that would hurt a sync are off: its cache (answers every repeated GET from memory, for ever),
 * its own 429 retries (sleep inside the call, stampede on the concurrency limit), redirects, and its Collection
 * iterators (stop or yield null at an empty page); pages are pulled here, one by one.
 */
import { Client, DefaultRequestExecutor, type Collection } from "@okta/okta-sdk-nodejs";
import { z } from "zod";
import { BridgeError } from "../../domain/errors.ts";
import { createCalls, type Ask, type Calls } from "./calls.ts";
import { incomplete } from "./errors.ts";
import { idOf } from "./records.ts";

/** A page of 1,000 log events is a few megabytes; more than this is not an answer of Okta. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

interface ConnectionOptions {
  orgUrl: string;
  token: string;
  requestTimeoutMs: number;
  concurrency: number;
  /** Called once per request sent. */
  onRead: () => void;
}

export interface Page<T> {
  items: T[];
  /** Ids of records that are not what they should be: each is somebody's, and says nothing else. */
  unreadable: string[];
  /** The address of the next page, or null after the last one. */
  next: string | null;
}

export interface OktaConnection extends AsyncDisposable {
  /** One object by id. Rejects with a BridgeError, OktaNotFound among them. */
  one<T>(ask: Ask, schema: z.ZodType<T>, get: (client: Client) => Promise<unknown>): Promise<T>;
  /** Every page to the last link, empty ones included. Throws a BridgeError rather than ending early. */
  pages<T>(ask: Ask, schema: z.ZodType<T>, list: Lister): AsyncGenerator<Page<T>, void, undefined>;
}

type Lister = (client: Client) => Promise<Pick<Collection<unknown>, "nextUri" | "getNextPage">>;

/** Builds the SDK client; sends nothing. Throws CONFIG_INVALID when the SDK refuses the options. */
export function connect(options: ConnectionOptions): OktaConnection {
  const origin = new URL(options.orgUrl).origin;
  const calls = createCalls(options.concurrency);
  const client = buildClient(origin, options, calls);
  return {
    async one(ask, schema, get) {
      return checked(schema, await calls.make(ask, () => get(client)), ask.subject);
    },
    async *pages(ask, schema, list) {
      // Building the list sends nothing; only getNextPage does.
      const collection = await list(client);
      for (let uri: string | undefined = collection.nextUri; uri !== undefined; uri = nextOf(collection)) {
        if (URL.parse(uri, origin)?.origin !== origin) {
          throw incomplete(`Okta's next link leaves ${origin}; it was not followed`, ask.subject);
        }
        const rows = checked(z.array(z.unknown()), await calls.make(ask, () => collection.getNextPage()), ask.subject);
        const next = nextOf(collection);
        yield { ...sorted(schema, rows, ask.subject), next: next ?? null };
        if (next === uri) throw incomplete("Okta's next link points at the page it came with", ask.subject);
      }
    },
    [Symbol.asyncDispose]: () => calls[Symbol.asyncDispose](),
  };
}

function buildClient(origin: string, options: ConnectionOptions, calls: Calls): Client {
  const requestExecutor = new DefaultRequestExecutor({ requestTimeout: options.requestTimeoutMs, maxRetries: 0 });
  // The SDK emits each request just before it hands it to node-fetch; its own calls take none of these.
  requestExecutor.on("request", (request: object) => {
    options.onRead();
    Object.assign(request, { redirect: "manual", size: MAX_BODY_BYTES, signal: calls.signal() });
  });
  try {
    // Every field is given, empty ones too: a field left out is taken from OKTA_CLIENT_* or an okta.yaml.
    const client = new Client({
      orgUrl: origin,
      token: options.token,
      authorizationMode: "SSWS",
      clientId: "",
      scopes: [],
      privateKey: "",
      keyId: "",
      cacheMiddleware: null,
      requestExecutor,
    });
    // The SDK sends even plain http (loopback only, in tests) through HTTPS_PROXY, and ignores NO_PROXY.
    if (origin.startsWith("http:")) client.http.agent = undefined;
    return client;
  } catch (error) {
    throw new BridgeError({
      code: "CONFIG_INVALID",
      side: "configuration",
      message: `the Okta SDK refuses the configuration: ${error instanceof Error ? error.message : String(error)}`,
      remedy: "Check orgUrl and the token, and remove a broken okta.yaml from the working or home directory.",
      retry: "never",
      cause: error,
    });
  }
}

/** The SDK's types say that nextUri is always a string; after the last page it is undefined. */
function nextOf(collection: { nextUri: string | undefined }): string | undefined {
  return collection.nextUri;
}

function checked<T>(schema: z.ZodType<T>, answer: unknown, subject: string): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).slice(0, 3);
  throw incomplete(`Okta's answer has an unexpected shape (${where.join("; ")})`, subject);
}

/** One record that cannot be read does not cost the others, as long as it can be named. */
function sorted<T>(schema: z.ZodType<T>, rows: unknown[], subject: string): { items: T[]; unreadable: string[] } {
  const items: T[] = [];
  const unreadable: string[] = [];
  for (const row of rows) {
    const parsed = schema.safeParse(row);
    const id = parsed.success ? null : idOf(row);
    if (id === null) items.push(checked(schema, row, subject));
    else unreadable.push(id);
  }
  return { items, unreadable };
}
