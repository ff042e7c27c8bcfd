import type { Bucket } from "./rate-limit.ts";
import { notEmulated } from "./errors.ts";

/** A call as the routes see it: already authenticated, the body parsed. */
export interface ApiRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  /** The variable parts of the path, decoded. */
  params: readonly string[];
  body: unknown;
  baseUrl: string;
}

export interface ApiAnswer {
  status: number;
  /** Absent for 204. */
  body?: unknown;
  /** Lists only: the answer carries Link headers, `next` where there is one. */
  list?: { next: string | undefined };
}

export interface Route {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: RegExp;
  bucket: Bucket;
  handle(request: ApiRequest): ApiAnswer | Promise<ApiAnswer>;
}

/** Refuses parameters Okta knows and the route does not; unknown ones are ignored, as Okta does. */
export function allowParameters(request: ApiRequest, ...allowed: string[]): void {
  const meaningful = [
    "limit",
    "after",
    "filter",
    "search",
    "q",
    "expand",
    "fields",
    "sortBy",
    "sortOrder",
    "since",
    "until",
  ];
  for (const name of request.query.keys()) {
    if (meaningful.includes(name) && !allowed.includes(name)) throw notEmulated(`${name} on ${request.path}`);
  }
}
