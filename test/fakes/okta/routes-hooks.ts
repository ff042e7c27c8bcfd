import type { ApiAnswer, ApiRequest, Route } from "./api.ts";
import { notFound } from "./errors.ts";
import type { EventHook, HookRegistry } from "./hook-registry.ts";

export function hookRoutes(registry: HookRegistry): Route[] {
  const all = /^\/api\/v1\/eventHooks$/;
  const one = /^\/api\/v1\/eventHooks\/([^/]+)$/;
  const onHook = (
    method: Route["method"],
    path: RegExp,
    act: (hook: EventHook, request: ApiRequest) => void | Promise<void>,
  ): Route => ({
    method,
    path,
    bucket: "other",
    handle: async (request) => {
      const hook = namedHook(registry, request);
      await act(hook, request);
      return method === "DELETE" ? { status: 204 } : answer(hook, request);
    },
  });
  return [
    {
      method: "GET",
      path: all,
      bucket: "other",
      handle: (request) => ({
        status: 200,
        body: [...registry.hooks.values()].map((hook) => renderHook(hook, request.baseUrl)),
      }),
    },
    { method: "POST", path: all, bucket: "other", handle: (request) => answer(registry.create(request.body), request) },
    onHook("GET", one, () => undefined),
    onHook("PUT", one, (hook, request) => {
      registry.replace(hook, request.body);
    }),
    onHook("DELETE", one, (hook) => {
      registry.remove(hook);
    }),
    onHook("POST", /^\/api\/v1\/eventHooks\/([^/]+)\/lifecycle\/verify$/, (hook) => registry.verify(hook)),
    onHook("POST", /^\/api\/v1\/eventHooks\/([^/]+)\/lifecycle\/activate$/, (hook) => {
      registry.setStatus(hook, "ACTIVE");
    }),
    onHook("POST", /^\/api\/v1\/eventHooks\/([^/]+)\/lifecycle\/deactivate$/, (hook) => {
      registry.setStatus(hook, "INACTIVE");
    }),
  ];
}

function namedHook(registry: HookRegistry, request: ApiRequest): EventHook {
  const id = request.params[0] ?? "";
  const hook = registry.hooks.get(id);
  if (!hook) throw notFound(id, "EventHook");
  return hook;
}

function answer(hook: EventHook, request: ApiRequest): ApiAnswer {
  return { status: 200, body: renderHook(hook, request.baseUrl) };
}

function renderHook(hook: EventHook, baseUrl: string): unknown {
  const self = `${baseUrl}/api/v1/eventHooks/${hook.id}`;
  const post = { hints: { allow: ["POST"] } };
  const toggle = hook.status === "ACTIVE" ? "deactivate" : "activate";
  return {
    id: hook.id,
    status: hook.status,
    verificationStatus: hook.verificationStatus,
    name: hook.name,
    description: hook.description,
    created: hook.created,
    createdBy: "00u0000adminK5vQm0d7",
    lastUpdated: hook.lastUpdated,
    events: { type: "EVENT_TYPE", items: hook.eventTypes, filter: null },
    channel: {
      type: "HTTP",
      version: "1.0.0",
      config: {
        uri: hook.uri,
        headers: hook.headers,
        method: "POST",
        authScheme: hook.auth && { type: "HEADER", key: hook.auth.key },
      },
    },
    _links: {
      self: { href: self },
      verify: { href: `${self}/lifecycle/verify`, ...post },
      [toggle]: { href: `${self}/lifecycle/${toggle}`, ...post },
    },
  };
}
