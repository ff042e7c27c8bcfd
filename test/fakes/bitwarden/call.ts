import type { Answer } from "./answers.ts";
import type { BodyRule } from "./binding.ts";
import type { Dialect } from "./dialect.ts";
import type { Fields } from "./fields.ts";
import type { World } from "./world.ts";

/** What a route handler gets. */
export interface Call {
  world: World;
  dialect: Dialect;
  /** The id in the path, canonical; the number of a policy; empty for routes without one. */
  id: string;
  query: URLSearchParams;
  /** The request model; throws the 400 of JSON binding when there is none. Empty for routes without a body. */
  fields: () => Fields;
  /** Between two commits: the time one mail or one group takes on a slow server, while other calls see what is done. */
  spend: (on: "mail" | "group") => Promise<void>;
}

export interface Route {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below the API base, e.g. `/public/members/{id}`. */
  path: string;
  /** What `{id}` stands for; default a GUID. */
  id?: "policy type";
  body?: BodyRule;
  handle: (call: Call) => Answer | Promise<Answer>;
  /** First server version that has the route. */
  since?: string;
}
