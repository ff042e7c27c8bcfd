import type { Answer } from "./answers.ts";
import type { Dialect } from "./dialect.ts";
import type { Fields } from "./fields.ts";
import type { World } from "./world.ts";

/** What a route handler gets. */
export interface Call {
  world: World;
  dialect: Dialect;
  /** The id in the path, canonical; empty for routes without one. */
  id: string;
  query: URLSearchParams;
  /** The request model; throws the 400 of JSON binding when there is none. */
  fields(): Fields;
}

export interface Route {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below the API base, e.g. `/public/members/{id}`. */
  path: string;
  handle(call: Call): Answer;
  /** First server version that has the route. */
  since?: string;
}
