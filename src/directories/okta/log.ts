/**
 * Incremental poll: the System Log read as a stream of hints. A request without `until` in ascending order always has a
 * next link, and that link is the cursor (https://developer.okta.com/docs/reference/system-log-query/, polling requests).
 */
import type { HintedEvent } from "../../domain/hint.ts";
import type { Changes } from "../directory.ts";
import type { Ask } from "./calls.ts";
import type { OktaConnection, Page } from "./connection.ts";
import { hintsOf, logEventSchema, type OktaLogEvent } from "./events.ts";
import { BridgeError } from "../../domain/errors.ts";
import { incomplete } from "./errors.ts";

/** Prefixes rather than types, so that the URL stays short; without the sign-ins, which are most of the log. */
const FILTER = [
  "user.lifecycle.",
  "user.account.",
  "group.",
  "system.import.",
  "system.identity_sources.",
  "app.user_management",
]
  .map((prefix) => `eventType sw "${prefix}"`)
  .join(" or ");

/** The most Okta gives at once. */
const EVENTS_PER_PAGE = 1000;
const PAGES_PER_CALL = 10;
/** A first poll looks back a little, because an event may be published before it can be read. */
const FIRST_LOOK_BACK_MS = 5 * 60_000;

/** Pages of the log from a time (ISO) or a cursor on, oldest first; never ends: stop at an empty page. */
export function logPages(
  connection: OktaConnection,
  from: { since: string } | { after: string },
  limit: number,
  ask: Ask,
): AsyncGenerator<Page<OktaLogEvent>, void, undefined> {
  return connection.pages(ask, logEventSchema, (okta) =>
    okta.systemLogApi.listLogEvents({ ...from, filter: FILTER, sortOrder: "ASCENDING", limit }),
  );
}

/**
 * The events since the cursor that give hints, at most ten pages of 1,000; `more` when the log is not drained. They
 * carry the same ids as in event hooks. A cursor that Okta rejects is lost. Null starts five minutes ago.
 */
export async function changesSince(
  connection: OktaConnection,
  name: string,
  cursor: string | null,
  ask: Ask,
): Promise<Changes> {
  const from = cursor === null ? { since: new Date(Date.now() - FIRST_LOOK_BACK_MS).toISOString() } : { after: cursor };
  const events: HintedEvent[] = [];
  let at = cursor;
  let pages = 0;
  try {
    for await (const page of logPages(connection, from, EVENTS_PER_PAGE, ask)) {
      pages += 1;
      events.push(...page.items.map((event) => hintsOf(name, event)).filter(({ hints }) => hints.length > 0));
      const next = cursorOf(page, ask);
      // Documented or not, an empty page may carry the cursor it was asked with: both mean drained.
      const drained = page.items.length === 0 || next === at;
      at = next;
      if (drained || pages === PAGES_PER_CALL) {
        return { lost: false, events, cursor: at, more: !drained };
      }
    }
  } catch (error) {
    if (cursor !== null && error instanceof BridgeError && error.status === 400) {
      return { lost: true, reason: `the System Log cursor was rejected: ${error.message}` };
    }
    throw error;
  }
  throw incomplete("the System Log ended without a next link", ask.subject);
}

function cursorOf(page: Page<OktaLogEvent>, ask: Ask): string {
  const after = URL.parse(page.next ?? "")?.searchParams.get("after") ?? null;
  if (after === null) throw incomplete("the System Log's next link carries no cursor", ask.subject);
  return after;
}
