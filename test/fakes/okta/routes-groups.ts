import { allowParameters } from "./api.ts";
import type { ApiAnswer, ApiRequest, Route } from "./api.ts";
import { notFound } from "./errors.ts";
import type { FilterRules } from "./filter.ts";
import { listCondition, pageOf, requestedLimit } from "./paging.ts";
import { renderGroup, renderUser } from "./render.ts";
import type { OktaState } from "./state.ts";
import type { OktaGroup } from "./types.ts";

const filterRules: FilterRules = {
  id: ["eq"],
  type: ["eq"],
  lastUpdated: ["eq", "gt", "ge", "lt", "le"],
  lastMembershipUpdated: ["eq", "gt", "ge", "lt", "le"],
};

const searchRules: FilterRules = {
  ...filterRules,
  "profile.name": ["eq", "sw", "co"],
  created: filterRules["lastUpdated"] ?? [],
};

export function groupRoutes(state: OktaState, pageSize: number): Route[] {
  return [
    {
      method: "GET",
      path: /^\/api\/v1\/groups$/,
      bucket: "groups",
      handle: (request) => listGroups(state, pageSize, request),
    },
    {
      method: "GET",
      path: /^\/api\/v1\/groups\/([^/]+)$/,
      bucket: "group",
      handle: (request) => oneGroup(state, request),
    },
    {
      method: "GET",
      path: /^\/api\/v1\/groups\/([^/]+)\/users$/,
      bucket: "other",
      handle: (request) => listMembers(state, pageSize, request),
    },
  ];
}

function listGroups(state: OktaState, pageSize: number, request: ApiRequest): ApiAnswer {
  allowParameters(request, "limit", "after", "filter", "search", "expand");
  const limit = requestedLimit(request, { usual: 10_000, most: 10_000 }, pageSize);
  const keep = listCondition(request, { filter: filterRules, search: searchRules }, readAttribute) ?? (() => true);
  const page = pageOf(request, state.groups.values(), limit, keep);
  const embed = statsOf(state, request);
  const body = page.items.map((group) => ({ ...renderGroup(group, request.baseUrl), ...embed(group) }));
  return { status: 200, body, list: { next: page.next } };
}

function readAttribute(group: OktaGroup, attribute: string): string[] {
  const { id, type, created, lastUpdated, lastMembershipUpdated, profile } = group;
  const values: Record<string, string> = { id, type, created, lastUpdated, lastMembershipUpdated };
  values["profile.name"] = profile.name;
  return [values[attribute] ?? ""];
}

function namedGroup(state: OktaState, request: ApiRequest): OktaGroup {
  const id = request.params[0] ?? "";
  const group = state.groups.get(id);
  if (!group) throw notFound(id, "UserGroup");
  return group;
}

function oneGroup(state: OktaState, request: ApiRequest): ApiAnswer {
  allowParameters(request, "expand");
  const group = namedGroup(state, request);
  return { status: 200, body: { ...renderGroup(group, request.baseUrl), ...statsOf(state, request)(group) } };
}

/** Includes DEPROVISIONED members: Okta keeps rule-given memberships of deactivated people. */
function listMembers(state: OktaState, pageSize: number, request: ApiRequest): ApiAnswer {
  allowParameters(request, "limit", "after");
  const group = namedGroup(state, request);
  const limit = requestedLimit(request, { usual: 1000, most: 1000 }, pageSize);
  const ids = state.members.usersOf(group.id).map((id) => ({ id }));
  const page = pageOf(request, ids, limit, () => true);
  const body = page.items.flatMap(({ id }) => {
    const user = state.users.get(id);
    return user ? [renderUser(user, request.baseUrl)] : [];
  });
  return { status: 200, body, list: { next: page.next } };
}

function statsOf(state: OktaState, request: ApiRequest): (group: OktaGroup) => object {
  if (request.query.get("expand") !== "stats") return () => ({});
  return (group) => {
    const usersCount = state.members.usersOf(group.id).length;
    const stats = { usersCount, appsCount: 0, groupPushMappingsCount: 0, hasAdminPrivileges: false };
    return { _embedded: { stats } };
  };
}
