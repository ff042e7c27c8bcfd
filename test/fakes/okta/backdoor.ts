import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { OktaApiFault } from "./errors.ts";
import type { Fault } from "./faults.ts";
import type { OktaEmulator } from "./emulator.ts";
import { readJson, sendJson } from "./transport.ts";

const change = z.object({
  silent: z.boolean().exactOptional(),
  keepTimestamps: z.boolean().exactOptional(),
  only: z.enum(["log", "hook"]).exactOptional(),
});
const user = z.object({ id: z.string(), options: change.default({}) });
const membership = z.object({ userId: z.string(), groupId: z.string(), options: change.default({}) });
const named = z.object({ name: z.string().min(1), options: change.default({}) });
const status = z.enum([
  "STAGED",
  "PROVISIONED",
  "ACTIVE",
  "RECOVERY",
  "LOCKED_OUT",
  "PASSWORD_EXPIRED",
  "SUSPENDED",
  "DEPROVISIONED",
]);
const newUser = z.looseObject({ firstName: z.string(), lastName: z.string(), email: z.string() });
const profile = z.record(z.string(), z.unknown());
const registration = z.object({
  url: z.url(),
  header: z.string().exactOptional(),
  secret: z.string(),
  events: z.array(z.string()).exactOptional(),
  verify: z.boolean().exactOptional(),
});
const knobs = z.object({
  doubled: z.number().exactOptional(),
  unordered: z.boolean().exactOptional(),
  spreadMs: z.number().exactOptional(),
  delayMs: z.number().exactOptional(),
  lossRate: z.number().exactOptional(),
  seed: z.number().exactOptional(),
  batchMs: z.number().exactOptional(),
  maxBatch: z.number().exactOptional(),
  timeoutMs: z.number().exactOptional(),
  parallel: z.number().exactOptional(),
});
const where = {
  match: z.string().exactOptional(),
  times: z.number().exactOptional(),
  skip: z.number().exactOptional(),
};
const fault = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("status"), status: z.number(), errorCode: z.string().exactOptional(), ...where }),
  z.object({ kind: z.literal("429"), resetInMs: z.number().exactOptional(), ...where }),
  z.object({ kind: z.literal("slow"), delayMs: z.number(), ...where }),
  z.object({ kind: z.literal("foreignNext"), origin: z.url(), ...where }),
  z.object({
    kind: z.enum(["429concurrency", "reset", "stall", "emptyMiddlePage", "truncatedJson", "cutBody"]),
    ...where,
  }),
]);

type Command = (okta: OktaEmulator, body: unknown, query: URLSearchParams) => unknown;

/** `METHOD name` of everything below `/__admin/`; what a command returns is the answer. */
const commands: Record<string, Command> = {
  "GET dump": (okta) => okta.dump(),
  "GET history": (okta, _body, query) => okta.history.slice(Number(query.get("since") ?? 0)),
  "GET deliveries": (okta, _body, query) => okta.hooks.deliveries.slice(Number(query.get("since") ?? 0)),
  "GET logs": (okta, _body, query) => okta.state.logs.slice(Number(query.get("since") ?? 0)),
  "GET users": (okta, _body, query) => okta.state.findUser(query.get("login") ?? "") ?? null,
  "POST createUser": (okta, body) => {
    const wanted = z
      .object({ profile: newUser, options: change.extend({ status: status.exactOptional() }).default({}) })
      .parse(body);
    return okta.admin.createUser(wanted.profile, wanted.options);
  },
  "POST updateProfile": (okta, body) => {
    const options = change.extend({ selfService: z.boolean().exactOptional() }).default({});
    const wanted = z.object({ id: z.string(), profile, options }).parse(body);
    okta.admin.updateProfile(wanted.id, wanted.profile, wanted.options);
  },
  "POST deactivate": (okta, body) => {
    const options = change.extend({ delayMs: z.number().exactOptional() }).default({});
    const wanted = z.object({ id: z.string(), options }).parse(body);
    okta.admin.deactivate(wanted.id, wanted.options);
  },
  "POST suspend": onUser((okta, id, options) => {
    okta.admin.suspend(id, options);
  }),
  "POST unsuspend": onUser((okta, id, options) => {
    okta.admin.unsuspend(id, options);
  }),
  "POST activate": onUser((okta, id, options) => {
    okta.admin.activate(id, options);
  }),
  "POST reactivate": onUser((okta, id, options) => {
    okta.admin.reactivate(id, options);
  }),
  "POST deleteUser": onUser((okta, id, options) => {
    okta.admin.deleteUser(id, options);
  }),
  "POST deleteGroup": onUser((okta, id, options) => {
    okta.admin.deleteGroup(id, options);
  }),
  "POST addToGroup": (okta, body) => {
    const { userId, groupId, options } = membership.parse(body);
    okta.admin.addToGroup(userId, groupId, options);
  },
  "POST removeFromGroup": (okta, body) => {
    const { userId, groupId, options } = membership.parse(body);
    okta.admin.removeFromGroup(userId, groupId, options);
  },
  "POST createGroup": (okta, body) => {
    const { name, options } = named.parse(body);
    return okta.admin.createGroup(name, options);
  },
  "POST renameGroup": (okta, body) => {
    const { id, name, options } = named.extend({ id: z.string() }).parse(body);
    okta.admin.renameGroup(id, name, options);
  },
  "POST hooks": (okta, body) => okta.hooks.register(registration.parse(body)),
  "POST hooks/knobs": (okta, body) => {
    okta.hooks.configure(knobs.parse(body));
  },
  "POST hooks/idle": (okta) => okta.hooks.idle(),
  "POST faults": (okta, body) => {
    const wanted: Fault = fault.parse(body);
    okta.faults.add(wanted);
  },
  "DELETE faults": (okta) => {
    okta.faults.clear();
  },
};

/** The admin back door over HTTP, for when the emulator runs in a process of its own. Always answers `{result}` or `{error}`. */
export async function handleBackdoor(okta: OktaEmulator, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(okta.url + (request.url ?? "/"));
  const command = commands[`${request.method ?? ""} ${url.pathname.slice("/__admin/".length)}`];
  const answer = (status: number, body: unknown) => {
    sendJson(response, { status, body, headers: {} });
  };
  if (!command) {
    answer(404, { error: `commands: ${Object.keys(commands).join(", ")}` });
    return;
  }
  try {
    answer(200, { result: (await command(okta, await readJson(request), url.searchParams)) ?? null });
  } catch (error) {
    const causes = error instanceof OktaApiFault ? error.causes : [];
    answer(400, { error: error instanceof Error ? error.message : "unknown", causes });
  }
}

function onUser(act: (okta: OktaEmulator, id: string, options: { silent?: boolean }) => void): Command {
  return (okta, body) => {
    const { id, options } = user.parse(body);
    act(okta, id, options);
  };
}
