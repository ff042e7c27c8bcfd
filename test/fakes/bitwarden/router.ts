import type { Route } from "./call.ts";
import { groupRoutes } from "./groups.ts";
import { importRoute } from "./import.ts";
import { memberRoutes } from "./members.ts";
import { collectionRoutes } from "./collections.ts";
import { otherRoutes } from "./others.ts";
import { policyRoutes } from "./policies.ts";

export type Match =
  | { kind: "found"; route: Route; id: string }
  | { kind: "wrong-method"; allow: string; template: string }
  | { kind: "unknown" };

const ALL: Route[] = [
  importRoute,
  ...memberRoutes,
  ...groupRoutes,
  ...collectionRoutes,
  ...policyRoutes,
  ...otherRoutes,
];

/** The Public API as one server version offers it. */
export class Router {
  readonly #byTemplate = new Map<string, Map<string, Route>>();

  constructor(version: string) {
    for (const route of ALL) {
      if (route.since !== undefined && !isAtLeast(version, route.since)) continue;
      const methods = this.#byTemplate.get(route.path) ?? new Map<string, Route>();
      this.#byTemplate.set(route.path, methods.set(route.method, route));
    }
  }

  /** `path` is below the API base; like ASP.NET, letter case and a trailing slash do not matter. */
  match(method: string, path: string): Match {
    const segments = path.replace(/(?<=.)\/$/, "").split("/");
    const exact = segments.join("/").toLowerCase();
    if (this.#byTemplate.has(exact)) return this.#pick(method, exact, "");
    const id = segments[3] ?? "";
    segments[3] = "{id}";
    return id === "" ? { kind: "unknown" } : this.#pick(method, segments.join("/").toLowerCase(), decoded(id));
  }

  #pick(method: string, template: string, id: string): Match {
    const methods = this.#byTemplate.get(template);
    if (methods === undefined) return { kind: "unknown" };
    const route = methods.get(method);
    if (route !== undefined) return { kind: "found", route, id };
    return { kind: "wrong-method", allow: [...methods.keys()].join(", "), template };
  }
}

/** Percent signs that encode nothing stay as they are. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Compares versions such as 2026.8.0 number by number. */
export function isAtLeast(version: string, wanted: string): boolean {
  const [have, want] = [version, wanted].map((text) => text.split(".").map(Number));
  for (let at = 0; at < 3; at += 1) {
    const difference = (have?.[at] ?? 0) - (want?.[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
