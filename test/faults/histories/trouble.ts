import { setTimeout as sleep } from "node:timers/promises";
import type { FaultKind, FaultSpec } from "../../fakes/bitwarden/faults.ts";
import { pick, type Random } from "../../fakes/okta/random.ts";
import type { Scene } from "./scene.ts";

const MEMBER = /\/public\/members\/[0-9a-f-]{36}$/;
const MEMBERS = /\/public\/members$/;
const MEMBER_GROUPS = /\/group-ids$/;
const GROUP_MEMBERS = /\/member-ids$/;
const READS = [MEMBER, MEMBERS, MEMBER_GROUPS, GROUP_MEMBERS, /\/public\/groups$/];
const LOST_AFTER_WORK: FaultKind[] = ["resetAfterWork", "500AfterCommit"];

/** Bitwarden is in trouble: one read or write, a while of everything, or one list that takes its time. */
export function bitwardenFault({ bitwarden, setting, chronicle }: Scene): void {
  const { random } = setting;
  const point = random();
  if (point < 0.15) {
    const seed = Math.floor(random() * 1_000_000);
    bitwarden.faults.chaos({ seed, rate: 0.1 + random() * 0.3 });
    chronicle.note("Bitwarden: a share of all calls fails from now on");
    return;
  }
  if (point < 0.25) {
    bitwarden.admin.revokeTokens();
    chronicle.note("Bitwarden: the token is not accepted any more");
    return;
  }
  const spec = point < 0.6 ? readFault(random) : point < 0.85 ? writeFault(random) : slowList(random);
  bitwarden.faults.add(spec);
  chronicle.note(`Bitwarden: ${specWords(spec)}`);
}

const TAKE = { method: "POST", path: /\/revoke$/ };
const REMOVE = { method: "DELETE", path: MEMBER };
const IMPORT = { method: "POST", path: /\/import$/ };
const PUT = { method: "PUT", path: /(group|member)-ids$/ };

/** One write is done and its answer lost, or its reading back fails: what was sent must not be forgotten. */
export function ambush({ bitwarden, setting, chronicle }: Scene): void {
  const { random } = setting;
  const specs: FaultSpec[] = [];
  if (random() < 0.6)
    specs.push({ kind: pick(random, LOST_AFTER_WORK), match: pick(random, [TAKE, REMOVE, IMPORT, PUT]) });
  else specs.push({ kind: "status", status: 503, match: PUT, times: 1 + Math.floor(random() * 4) });
  // The first read of a member comes before the write, the second after it.
  if (random() < 0.7) {
    const kind = pick<FaultKind>(random, ["429", "429", "status"]);
    const path = pick(random, [MEMBER, MEMBER, MEMBERS, MEMBER_GROUPS, GROUP_MEMBERS]);
    const skip = Math.floor(random() * 3);
    specs.push({ kind, status: 503, retryAfter: 1 + Math.floor(random() * 3), match: { method: "GET", path }, skip });
  }
  for (const spec of specs) {
    bitwarden.faults.add(spec);
    chronicle.note(`Bitwarden: ${specWords(spec)}`);
  }
}

/** Refused, throttled or cut, after the work that it reads back. */
function readFault(random: Random): FaultSpec {
  const kind = pick<FaultKind>(random, ["429", "429", "status", "status", "reset"]);
  const status = pick(random, [401, 500, 503]);
  return {
    kind,
    match: { method: "GET", path: pick(random, READS) },
    status,
    retryAfter: pick(random, [1, 1, 2, null]),
    // A second 401 in a row says that the credentials are refused: that is a step of its own.
    times: kind === "status" && status === 401 ? 1 : 1 + Math.floor(random() * 3),
    skip: Math.floor(random() * 3),
  };
}

function writeFault(random: Random): FaultSpec {
  const kind = pick<FaultKind>(random, [...LOST_AFTER_WORK, ...LOST_AFTER_WORK, "status", "429", "reset"]);
  return {
    kind,
    match: { method: pick(random, ["POST", "POST", "PUT", "DELETE"]), path: /^\/api\/public\// },
    status: pick(random, [500, 502, 503]),
    times: 1 + Math.floor(random() * 2),
    skip: Math.floor(random() * 2),
  };
}

function slowList(random: Random): FaultSpec {
  const kind = pick<FaultKind>(random, ["latencyBeforeWork", "latencyAfterWork"]);
  return { kind, match: { method: "GET", path: pick(random, READS) }, delayMs: 300 + random() * 2_200 };
}

/** One empty 404 where there is somebody, or where something was to be done; or a redirect, as a log-in page sends it. */
export function lie({ bitwarden, setting, chronicle }: Scene): void {
  const { random } = setting;
  const match = pick(random, [
    { method: "GET", path: MEMBER },
    { method: "GET", path: MEMBER },
    { method: "GET", path: MEMBER_GROUPS },
    { method: "POST", path: /\/(revoke|restore)$/ },
    { method: "PUT", path: GROUP_MEMBERS },
  ]);
  const status = match.method === "POST" && random() < 0.4 ? 302 : 404;
  const spec: FaultSpec = { kind: "status", status, match, skip: Math.floor(random() * 2) };
  bitwarden.faults.add(spec);
  chronicle.note(`Bitwarden: ${specWords(spec)}`);
}

/** The key is refused for a moment, as after a rotation that came too early. */
export async function refuse({ bitwarden, setting, chronicle }: Scene): Promise<void> {
  const { organization } = bitwarden.state;
  const key = organization.apiKey;
  bitwarden.admin.rotateKey();
  bitwarden.admin.revokeTokens();
  chronicle.note("Bitwarden: the credentials are refused");
  await sleep(300 + setting.random() * 1_500);
  organization.apiKey = key;
  chronicle.note("Bitwarden: the credentials are accepted again");
}

/** The directory is in trouble: for one subject, for everybody, slow, or over its limit. */
export function directoryFault({ sources, setting, chronicle }: Scene): void {
  const { random } = setting;
  const { okta, name } = pick(random, sources);
  const times = 1 + Math.floor(random() * 3);
  const point = random();
  const user = pick(random, [...okta.state.users.keys()]);
  if (point < 0.35) {
    okta.faults.add({ kind: "status", status: pick(random, [500, 502, 503]), match: `/api/v1/users/${user}`, times });
  } else if (point < 0.6) {
    okta.faults.add({ kind: "status", status: 503, match: "/api/v1/", times: times * 4 });
  } else if (point < 0.8) {
    okta.faults.add({ kind: "slow", delayMs: 200 + random() * 1_800, match: "/api/v1/", times });
  } else if (point < 0.9) {
    okta.faults.add({ kind: "reset", match: "/api/v1/", times });
  } else {
    okta.faults.add({ kind: "429", resetInMs: 1_000, match: "/api/v1/" });
  }
  chronicle.note(`${name}: trouble ${point.toFixed(2)} (${String(times)} times)`);
}

/** One person cannot be read from now on, until `cure`; answers who. */
export function poison({ sources, setting, chronicle, people }: Scene): string {
  const { okta, name } = pick(setting.random, sources);
  const user = pick(setting.random, [...okta.state.users.keys()]);
  okta.faults.add({ kind: "status", status: 500, match: `/api/v1/users/${user}`, times: Infinity });
  chronicle.note(`${name}: 500 for ${user} from now on`, user, people.nameOf(user) ?? "");
  return user;
}

/** Both sides are well again. */
export function cure({ sources, bitwarden, chronicle }: Scene): void {
  bitwarden.faults.clear();
  for (const { okta } of sources) okta.faults.clear();
  chronicle.note("both sides are well again");
}

function specWords({ kind, match, status, times, skip, delayMs }: FaultSpec): string {
  const what = kind === "status" ? String(status) : kind;
  const late = delayMs === undefined ? "" : ` of ${String(Math.round(delayMs))} ms`;
  return `${what}${late} to ${match?.method ?? "every"} ${String(match?.path ?? "call")}, ${String(times ?? 1)} times after ${String(skip ?? 0)}`;
}
