import { allowParameters } from "./api.ts";
import type { ApiAnswer, ApiRequest, Route } from "./api.ts";
import { notFound } from "./errors.ts";
import type { FilterRules, Predicate } from "./filter.ts";
import { listCondition, pageOf, requestedLimit } from "./paging.ts";
import { renderGroup, renderUser } from "./render.ts";
import type { OktaState } from "./state.ts";
import type { OktaUser } from "./types.ts";

const filterRules: FilterRules = {
  id: ["eq"],
  status: ["eq"],
  lastUpdated: ["eq", "gt", "ge", "lt", "le"],
  "profile.login": ["eq"],
  "profile.email": ["eq"],
  "profile.firstName": ["eq"],
  "profile.lastName": ["eq"],
};

const searchRules: FilterRules = {
  ...filterRules,
  statusChanged: ["eq", "gt", "ge", "lt", "le"],
  created: ["eq", "gt", "ge", "lt", "le"],
  "type.id": ["eq"],
  "profile.department": ["eq", "sw", "co", "pr"],
  "profile.title": ["eq", "sw", "co", "pr"],
  "profile.login": ["eq", "sw", "co"],
  "profile.email": ["eq", "sw", "co"],
};

export function userRoutes(state: OktaState, pageSize: number): Route[] {
  return [
    {
      method: "GET",
      path: /^\/api\/v1\/users$/,
      bucket: "users",
      handle: (request) => listUsers(state, pageSize, request),
    },
    {
      method: "GET",
      path: /^\/api\/v1\/users\/([^/]+)$/,
      bucket: "user",
      handle: (request) => ({ status: 200, body: renderUser(namedUser(state, request), request.baseUrl) }),
    },
    {
      method: "GET",
      path: /^\/api\/v1\/users\/([^/]+)\/groups$/,
      bucket: "other",
      handle: (request) => groupsOfUser(state, request),
    },
  ];
}

/** Leaves out DEPROVISIONED unless a filter or search is given; both of those include them. */
function listUsers(state: OktaState, pageSize: number, request: ApiRequest): ApiAnswer {
  allowParameters(request, "limit", "after", "filter", "search");
  const limit = requestedLimit(request, { usual: 200, most: 200 }, pageSize);
  const active: Predicate<OktaUser> = (user) => user.status !== "DEPROVISIONED";
  const keep = listCondition(request, { filter: filterRules, search: searchRules }, readAttribute) ?? active;
  const page = pageOf(request, state.users.values(), limit, keep);
  return {
    status: 200,
    body: page.items.map((user) => renderUser(user, request.baseUrl)),
    list: { next: page.next },
  };
}

function readAttribute(user: OktaUser, attribute: string): string[] {
  const { id, status, created, lastUpdated, statusChanged } = user;
  const direct: Record<string, string> = { id, status, created, lastUpdated, statusChanged, "type.id": user.type.id };
  const value = attribute.startsWith("profile.") ? user.profile[attribute.slice(8)] : direct[attribute];
  return typeof value === "string" ? [value] : [];
}

/** `me` is the owner of the token: the oldest user of the org. */
function namedUser(state: OktaState, request: ApiRequest): OktaUser {
  const id = request.params[0] ?? "";
  const user = id === "me" ? [...state.users.values()][0] : state.findUser(id);
  if (!user) throw notFound(id, "User");
  return user;
}

/** This list has no paging parameters. */
function groupsOfUser(state: OktaState, request: ApiRequest): ApiAnswer {
  const user = namedUser(state, request);
  const groups = state.members.groupsOf(user.id).flatMap((id) => state.groups.get(id) ?? []);
  return {
    status: 200,
    body: groups.map((group) => renderGroup(group, request.baseUrl)),
    list: { next: undefined },
  };
}
