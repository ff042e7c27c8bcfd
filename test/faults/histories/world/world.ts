import { startBitwarden, type FakeBitwarden } from "../../../fakes/bitwarden/server.ts";
import { startOkta } from "../../../fakes/okta/server.ts";
import { Bridge } from "./bridge.ts";
import { Lag } from "./lag.ts";
import type { Setting } from "../setting.ts";
import type { Source } from "../oracle/source.ts";

/** Nobody of any directory: an administrator invited them and put them into a group. */
const OUTSIDERS = ["auditor@partner.example", "consultant@partner.example"];

/** The vendors in this process, and a bridge that is not running yet. */
export interface HistoryWorld extends AsyncDisposable {
  sources: readonly Source[];
  bitwarden: FakeBitwarden;
  bridge: Bridge;
  lag: Lag;
}

export async function openWorld(setting: Setting): Promise<HistoryWorld> {
  await using stack = new AsyncDisposableStack();
  const first = await firstSource(setting, stack);
  const sources = setting.connections === 1 ? [first] : [first, await secondSource(setting, first, stack)];
  const bitwarden = stack.use(
    await startBitwarden({ hosted: "self", latencyMs: setting.bitwardenMs, historyLimit: 200_000 }),
  );
  for (const email of OUTSIDERS) bitwarden.admin.addMember({ email });
  const bridge = stack.use(new Bridge(setting, sources, bitwarden));
  const lag = stack.use(new Lag(() => bridge.baseUrl()));
  const cleanup = stack.move();
  return { sources, bitwarden, bridge, lag, [Symbol.asyncDispose]: () => cleanup.disposeAsync() };
}

/** To be called when the groups are there: outsiders in groups that the bridge manages must stay in them. */
export function placeOutsiders({ state, admin }: FakeBitwarden): void {
  const groups = [...state.groups.values()].slice(0, OUTSIDERS.length);
  for (const [at, group] of groups.entries()) {
    const outsider = admin.member(OUTSIDERS[at] ?? "");
    state.setMemberGroups(outsider.id, [group.id]);
  }
}

async function firstSource(setting: Setting, stack: AsyncDisposableStack): Promise<Source> {
  const { users, groups, seed, directoryMs, included, authoritative } = setting;
  const okta = stack.use(await startOkta({ users, groups, seed, activeOnly: true, latencyMs: directoryMs }));
  const names = Array.from(okta.state.groups.values(), ({ profile }) => profile.name).filter(
    (one) => one !== "Everyone",
  );
  const chosen = names.slice(0, included);
  return { name: "okta-main", okta, authoritative, included: included > 0 ? chosen : null };
}

/** A second company, with about half of the first one's people, known there by the same addresses. */
async function secondSource(setting: Setting, first: Source, stack: AsyncDisposableStack): Promise<Source> {
  const { users, seed, directoryMs, random } = setting;
  const okta = stack.use(await startOkta({ users: 0, groups: 0, seed: seed + 1, latencyMs: directoryMs }));
  const source: Source = { name: "okta-second", okta, authoritative: false, included: null };
  const shared = [...first.okta.state.users.values()].filter(() => random() < 0.5).map(({ profile }) => profile);
  const own = Array.from({ length: Math.ceil(users / 3) }, (_, at) => ({
    firstName: "Second",
    lastName: `Person${String(at)}`,
    email: `second.person${String(at)}@example.com`,
  }));
  const ids = [...shared, ...own].map((profile) => okta.admin.createUser(profile, { silent: true }));
  for (const name of ["Second Alpha", "Second Beta", "Second Gamma"]) {
    const group = okta.admin.createGroup(name, { silent: true });
    for (const id of ids) if (random() < 0.4) okta.admin.addToGroup(id, group, { silent: true });
  }
  return source;
}
