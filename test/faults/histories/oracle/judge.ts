import type { HistoryEntry } from "../../../fakes/bitwarden/history.ts";
import { REVOKED, shownEmail, USER, type Member } from "../../../fakes/bitwarden/model.ts";
import type { FakeBitwarden } from "../../../fakes/bitwarden/server.ts";
import type { Accusation, AccusationKind } from "./accusation.ts";
import type { Chronicle } from "./chronicle.ts";
import type { Hands } from "../hands.ts";
import { GRACE_MS, unjustified, type Standing } from "./justified.ts";
import type { Knowledge } from "./knowledge.ts";
import type { Lag } from "../world/lag.ts";
import type { Account, People } from "./people.ts";
import type { Source } from "./source.ts";
import { takings, type Taking } from "./takings.ts";
import { fact, type Truth } from "./truth.ts";

export interface JudgeParts {
  sources: readonly Source[];
  bitwarden: FakeBitwarden;
  people: People;
  truth: Truth;
  knowledge: Knowledge;
  hands: Hands;
  chronicle: Chronicle;
  lag: Lag;
}

/** A revocation that was on its way when a person acted by hand makes it uncertain whose it is. */
const UNCERTAIN_MS = 5_000;
/** What is late once is late at each of several steps. */
const SLOW = 3;

/** Judges every request of the bridge at the moment it arrives, before anything is done with it. */
export class Judge {
  readonly accusations: Accusation[] = [];
  /** Requests that took something away. */
  takings = 0;
  readonly #parts: JudgeParts;
  /** Arrivals of the bridge's revocations, by member. */
  readonly #revocations = new Map<string, number[]>();
  readonly #seen = new Set<string>();

  constructor(parts: JudgeParts) {
    this.#parts = parts;
    parts.bitwarden.history.onArrival = (entry) => {
      this.#arrived(entry);
    };
  }

  /** Adds an accusation, once for whom it concerns. `about` also chooses the events that are shown with it. */
  accuse(kind: AccusationKind, text: string, about: readonly string[]): void {
    const id = JSON.stringify([kind, about.length === 0 ? text : about]);
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    const { chronicle, people } = this.#parts;
    const known = about.flatMap((one) => [one, ...people.accounts(one).map(({ user }) => user)]);
    const atMs = Math.round(performance.now() - chronicle.startedAt);
    this.accusations.push({ kind, atMs, text, facts: chronicle.of(known, this.#requests(known)) });
  }

  #arrived(entry: HistoryEntry): void {
    for (const taking of takings(this.#parts.bitwarden, entry)) {
      this.takings += 1;
      this.#judge(taking, entry);
    }
    const id = entry.path.split("/")[4] ?? "";
    if (entry.route === "POST /public/members/{id}/revoke")
      this.#revocations.set(id, [...(this.#revocations.get(id) ?? []), entry.at]);
    if (entry.route === "POST /public/members/{id}/restore") this.#judgeRestore(id, entry);
  }

  #judge(taking: Taking, entry: HistoryEntry): void {
    const { bitwarden, people, hands } = this.#parts;
    if (taking.what === "group") {
      this.#judgeGroup(taking.groupId, entry);
      return;
    }
    const member = bitwarden.state.members.get(taking.memberId);
    if (!member) return;
    const person = people.of(member);
    const about = [member.id, person ?? ""];
    if (person === undefined) {
      this.accuse("outsider touched", `${words(entry)} takes ${shownEmail(member)}, whom no directory knows`, about);
    } else if (taking.what === "membership") {
      this.#judgeMembership(taking.groupId, member, person, entry);
    } else if (member.type !== USER && entry.at - (hands.promotedAt.get(person) ?? -Infinity) > GRACE_MS * 2) {
      this.accuse("outsider touched", `${words(entry)} takes ${person}, who is no plain user`, about);
    } else {
      const why = this.#whyEntitled(person, entry.at);
      if (why !== null) this.accuse("unjustified removal", `${words(entry)}: ${person}: ${why}`, about);
    }
  }

  /** A person known to several directories is entitled while one claims them and no authoritative one says disabled. */
  #whyEntitled(person: string, at: number): string | null {
    const { people, truth, knowledge } = this.#parts;
    const accounts = people.accounts(person);
    for (const { source, user } of accounts.filter((account) => account.source.authoritative)) {
      // Whether somebody deleted from the authoritative directory counts as disabled is not judged.
      if (accounts.length > 1 && truth.since(fact.claim(source.name, user), at) === null) return null;
      if (accounts.length > 1 && this.#whyClaimed({ source, user }, at) === null) return null;
    }
    for (const { source, user } of accounts) {
      const since = truth.since(fact.claim(source.name, user), at);
      const why = this.#unjustified(at, { since, ...knowledge.ofUser(source, user) });
      if (why !== null) return `${source.name} claims them; ${why}`;
    }
    return null;
  }

  #whyClaimed({ source, user }: Account, at: number): string | null {
    const { truth, knowledge } = this.#parts;
    const since = truth.since(fact.claim(source.name, user), at);
    return this.#unjustified(at, { since, ...knowledge.ofUser(source, user) });
  }

  #judgeMembership(groupId: string, member: Member, person: string, entry: HistoryEntry): void {
    const { bitwarden, people, truth, knowledge } = this.#parts;
    const group = bitwarden.state.groups.get(groupId);
    const source = this.#sourceOf(group?.externalId ?? null);
    const about = [member.id, person, groupId, group?.externalId ?? groupId];
    if (!source || !group) {
      const text = `${words(entry)} takes ${person} from ${group?.name ?? groupId}, which no directory knows`;
      this.accuse("outsider touched", text, about);
      return;
    }
    const key = group.externalId ?? "";
    for (const account of people.accounts(person).filter((one) => one.source === source)) {
      const since = truth.since(fact.edge(source.name, account.user, key), entry.at);
      const standing: Standing = {
        since,
        hints: [...knowledge.ofUser(source, account.user).hints, ...knowledge.ofGroup(source, key).hints],
        reads: [...knowledge.ofUser(source, account.user).reads, ...knowledge.ofGroup(source, key).reads],
      };
      const why = this.#unjustified(entry.at, standing);
      if (why !== null)
        this.accuse("unjustified removal", `${words(entry)}: ${person} in ${group.name}: ${why}`, about);
    }
  }

  #judgeGroup(groupId: string, entry: HistoryEntry): void {
    const { bitwarden, truth, knowledge } = this.#parts;
    const group = bitwarden.state.groups.get(groupId);
    const key = group?.externalId ?? "";
    const source = this.#sourceOf(group?.externalId ?? null);
    if (!source || !group) {
      this.accuse("outsider touched", `${words(entry)} deletes ${group?.name ?? groupId}, which no directory knows`, [
        groupId,
      ]);
      return;
    }
    const since = truth.since(fact.group(source.name, key), entry.at);
    const why = this.#unjustified(entry.at, { since, ...knowledge.ofGroup(source, key) });
    if (why !== null)
      this.accuse("unjustified removal", `${words(entry)}: group ${group.name}: ${why}`, [groupId, key]);
  }

  #judgeRestore(memberId: string, entry: HistoryEntry): void {
    const { bitwarden, hands, people } = this.#parts;
    const member = bitwarden.state.members.get(memberId);
    const revokedAt = hands.revokedAt.get(memberId);
    if (member?.status !== REVOKED || revokedAt === undefined) return;
    const ours = this.#revocations.get(memberId)?.some((at) => at > revokedAt - UNCERTAIN_MS) === true;
    const person = people.of(member) ?? shownEmail(member);
    if (!ours)
      this.accuse("restored by us, revoked by hand", `${words(entry)}: ${person} was revoked by hand`, [
        memberId,
        person,
      ]);
  }

  /** A machine that is slow at the moment makes everything late, also the bridge's requests. */
  #unjustified(at: number, standing: Standing): string | null {
    return unjustified(at, standing, GRACE_MS + SLOW * this.#parts.lag.worstMs());
  }

  #sourceOf(externalId: string | null): Source | undefined {
    if (externalId === null) return undefined;
    const { sources, truth } = this.#parts;
    return sources.find(({ name }) => truth.ever(fact.group(name, externalId)));
  }

  /** The bridge's own requests about these, and those about everybody that write. */
  #requests(about: readonly string[]): { at: number; about: string[]; text: string }[] {
    const { bitwarden, sources } = this.#parts;
    const ids = new Set(about);
    const named = (path: string): string[] => path.split("/").filter((part) => ids.has(part));
    const toBitwarden = bitwarden.history.entries.flatMap((entry) => {
      const found = [...named(entry.path), ...(mentions(entry, ids) ? about : [])];
      if (found.length === 0) return [];
      const fault = entry.fault === undefined ? "" : `, ${entry.fault}`;
      return [
        { at: entry.at, about: [...about], text: `→ Bitwarden ${words(entry)}: ${String(entry.status)}${fault}` },
      ];
    });
    const toDirectory = sources.flatMap(({ name, okta }) =>
      okta.history.flatMap(({ path, status, madeAt, endedAt }) => {
        const at = madeAt ?? endedAt;
        if (at === undefined || named(path).length === 0) return [];
        return [{ at, about: [...about], text: `→ ${name} GET ${path}: ${String(status)}` }];
      }),
    );
    return [...toBitwarden, ...toDirectory];
  }
}

/** Whether a write names one of these in its body. */
function mentions({ method, body }: HistoryEntry, ids: ReadonlySet<string>): boolean {
  if (method === "GET" || body === null) return false;
  const text = JSON.stringify(body);
  return [...ids].some((id) => id !== "" && text.includes(id));
}

function words({ method, path }: HistoryEntry): string {
  return `${method} ${path.replace("/api/public", "")}`;
}
