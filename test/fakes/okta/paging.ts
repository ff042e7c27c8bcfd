import { randomBytes } from "node:crypto";
import type { ApiRequest } from "./api.ts";
import { OktaApiFault, validationFailed } from "./errors.ts";
import { compileFilter, FilterError } from "./filter.ts";
import type { AttributeReader, FilterRules, Predicate } from "./filter.ts";

/** One page of a list and where the next one starts (`undefined`: this was the last). */
export interface Page<T> {
  items: T[];
  next: string | undefined;
}

/**
 * A cursor for "everything of this list after this id". Opaque, bound to its list, and different each time it is made,
 * so that clients can neither build nor compare them.
 */
function makeCursor(path: string, afterId: string): string {
  return Buffer.from(JSON.stringify([path, afterId, randomBytes(3).toString("hex")])).toString("base64url");
}

function readCursor(path: string, cursor: string): string {
  const match = /^\["([^"]*)","([^"]*)","[0-9a-f]{6}"\]$/.exec(Buffer.from(cursor, "base64url").toString());
  if (!match || match[1] !== path || match[2] === undefined) throw validationFailed("after", "the cursor is not valid");
  return match[2];
}

/** The id after which the requested page starts; empty for the first page. */
function requestedStart(request: ApiRequest): string {
  const after = request.query.get("after");
  return after === null ? "" : readCursor(request.path, after);
}

/** `limit` of the request within the endpoint's bounds and the tests' page size. */
export function requestedLimit(request: ApiRequest, limits: { usual: number; most: number }, pageSize: number): number {
  const text = request.query.get("limit") ?? limits.usual.toFixed();
  if (!/^\d{1,9}$/.test(text)) throw validationFailed("limit", "must be a number");
  return Math.min(Number(text), limits.most, pageSize);
}

/** Cuts one page out of items sorted by id. */
export function pageOf<T extends { id: string }>(
  request: ApiRequest,
  sorted: Iterable<T>,
  limit: number,
  keep: (item: T) => boolean,
): Page<T> {
  const start = requestedStart(request);
  const items: T[] = [];
  for (const item of sorted) {
    if (item.id <= start || !keep(item)) continue;
    if (items.length === limit) return { items, next: makeCursor(request.path, items.at(-1)?.id ?? start) };
    items.push(item);
  }
  return { items, next: undefined };
}

/** What `filter` or `search` asks for, `undefined` without either; answers E0000031 when they cannot be understood. */
export function listCondition<T>(
  request: ApiRequest,
  rules: { filter: FilterRules; search: FilterRules },
  read: AttributeReader<T>,
): Predicate<T> | undefined {
  const filter = request.query.get("filter");
  const search = request.query.get("search");
  if (filter === null && search === null) return undefined;
  try {
    return search === null
      ? compileFilter(filter ?? "", rules.filter, read)
      : compileFilter(search, rules.search, read);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new OktaApiFault(400, "E0000031", `Invalid search criteria. ${error.message}`);
  }
}
