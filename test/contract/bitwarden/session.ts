import { startBitwarden, type FakeBitwarden } from "../../fakes/bitwarden/server.ts";
import { perform } from "./acts.ts";
import { fill, fillText, isRecord, point } from "./notation.ts";
import type { Call, CallStep, Scenario, Step } from "./recording.ts";
import { send, type WireAnswer } from "./wire.ts";

const ORGANIZATION = "0b6c0b9a-5c1e-4c1b-9f3a-6a3c6b1f0001";
const STAGED_FLAG = "pm-34423-staged-status";

/** What a step showed, and what the recording says; `expected` is undefined where it says nothing. */
export interface Outcome {
  expected: unknown;
  seen: unknown;
}

/** An emulator of its own for one scenario, with the names the scenario gives to things. */
export class Session implements AsyncDisposable {
  readonly #bitwarden: FakeBitwarden;
  readonly #names: Record<string, string>;

  private constructor(bitwarden: FakeBitwarden) {
    this.#bitwarden = bitwarden;
    const [owner] = bitwarden.state.members.keys();
    this.#names = { OWNER: owner ?? "", CLIENT: bitwarden.clientId, SECRET: bitwarden.clientSecret };
  }

  /** The recordings come from Entity Framework. */
  static async start({ seats, maxAutoscaleSeats, cloud, flags, mail }: Scenario): Promise<Session> {
    const bitwarden = await startBitwarden({
      dialect: "bitwarden-ef",
      organizationId: ORGANIZATION,
      apiKey: "holdoutholdoutholdoutholdout00",
      owner: "owner@holdout.test",
      seats: seats ?? null,
      maxAutoscaleSeats: maxAutoscaleSeats ?? null,
      hosted: cloud === true ? "cloud" : "self",
      stagedFlag: flags?.includes(STAGED_FLAG) === true,
    });
    bitwarden.state.organization.mailWorks = mail !== "fails";
    return new Session(bitwarden);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bitwarden.stop();
  }

  async run(step: Step): Promise<Outcome> {
    if (isCall(step)) return this.#call(step);
    if ("act" in step) {
      const { expect, save, ...act } = step;
      const seen = perform(this.#bitwarden, fill(act, this.#names));
      this.#save(save, seen);
      return this.#outcome(expect, seen);
    }
    if ("state" in step) return this.#outcome(step.state, await this.#state());
    if ("count" in step) return this.#outcome(step.count, await this.#counts());
    return this.#outcome(step.events, await this.#events());
  }

  async #call({ call, expect, save }: CallStep): Promise<Outcome> {
    const { status, headers, body } = await this.#send(call);
    this.#save(save, body);
    if (expect?.headers === undefined) return this.#outcome(expect, { status, body });
    const names = Object.keys(expect.headers);
    const shown = Object.fromEntries(names.map((name) => [name, sortedList(headers[name.toLowerCase()])]));
    return this.#outcome(expect, { status, body, headers: shown });
  }

  /** Names are filled in after the step, because it may have made them. */
  #outcome(expected: unknown, seen: unknown): Outcome {
    return { expected: fill(expected, this.#names), seen };
  }

  #save(save: Record<string, string> | undefined, body: unknown): void {
    for (const [name, pointer] of Object.entries(save ?? {})) {
      const value = point(body, pointer);
      this.#names[name] = typeof value === "string" ? value : `no-${name}`;
    }
  }

  async #send({ method, path, body, rawBody, form, headers, auth, service }: Call): Promise<WireAnswer> {
    const names = this.#names;
    const all: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers ?? {})) all[name.toLowerCase()] = fillText(value, names);
    let data: string | null = null;
    if (form !== undefined) {
      const fields = new URLSearchParams();
      for (const [name, value] of Object.entries(form)) fields.set(name, fillText(value, names));
      data = String(fields);
      all["content-type"] ??= "application/x-www-form-urlencoded";
    } else if (rawBody !== undefined) data = fillText(rawBody, names);
    else if (body !== undefined) data = JSON.stringify(fill(body, names));
    if (data !== null) all["content-type"] ??= "application/json";
    if (all["content-type"] === "") delete all["content-type"];
    const { apiUrl, identityUrl, admin } = this.#bitwarden;
    if (auth !== false && service !== "identity") all["authorization"] ??= `Bearer ${admin.issueToken()}`;
    const base = service === "identity" ? identityUrl : apiUrl;
    return send(`${base}${fillText(path, names)}`, { method, headers: all, body: data });
  }

  async #get(path: string): Promise<unknown> {
    return (await this.#send({ method: "GET", path, body: undefined })).body;
  }

  /** Everything the API shows about people and groups, without ids. */
  async #state(): Promise<object> {
    const members = dataOf(await this.#get("/public/members"));
    const emails = new Map(members.map(({ id, email }) => [id, email]));
    const groups: object[] = [];
    for (const group of dataOf(await this.#get("/public/groups"))) {
      const ids = await this.#get(`/public/groups/${String(group["id"])}/member-ids`);
      const { name, externalId } = group;
      const inside = (Array.isArray(ids) ? ids : []).map((id: unknown) => emails.get(id) ?? id);
      groups.push({ name, externalId, members: inside, ...collectionsOf(group) });
    }
    return { members: members.map(shownMember), groups };
  }

  async #counts(): Promise<object> {
    const [members, groups] = [await this.#get("/public/members"), await this.#get("/public/groups")];
    return { members: dataOf(members).length, groups: dataOf(groups).length };
  }

  /** How often each type of event is in the log, over all pages. */
  async #events(): Promise<object> {
    const counts: Record<string, number> = {};
    let path: string | null = "/public/events";
    while (path !== null) {
      const page: unknown = await this.#get(path);
      for (const { type } of dataOf(page)) counts[String(type)] = (counts[String(type)] ?? 0) + 1;
      const token: unknown = isRecord(page) ? page["continuationToken"] : null;
      path = typeof token === "string" ? `/public/events?continuationToken=${encodeURIComponent(token)}` : null;
    }
    return counts;
  }
}

function isCall(step: Step): step is CallStep {
  return "call" in step && !("act" in step);
}

function dataOf(list: unknown): Record<string, unknown>[] {
  return isRecord(list) && Array.isArray(list["data"]) ? list["data"].filter(isRecord) : [];
}

function collectionsOf(holder: Record<string, unknown>): object {
  const { collections } = holder;
  return Array.isArray(collections) && collections.length > 0 ? { collections: collections as unknown[] } : {};
}

function shownMember(member: Record<string, unknown>): object {
  const { email, status, type, externalId, permissions } = member;
  const granted = isRecord(permissions)
    ? { permissions: Object.keys(permissions).filter((name) => permissions[name] === true) }
    : {};
  return { email, status, type, externalId, ...collectionsOf(member), ...granted };
}

/** A header's list in a fixed order; null when there is no such header. */
function sortedList(value: string | string[] | undefined): string | null {
  if (value === undefined) return null;
  return [value].flat().join(", ").split(", ").sort().join(", ");
}
