import { randomBytes, randomUUID } from "node:crypto";
import { restoreMember } from "./members.ts";
import {
  ACCEPTED,
  CONFIRMED,
  EVENT,
  INVITED,
  lowerCase,
  USER,
  type Account,
  type Association,
  type Collection,
  type Group,
  type Member,
} from "./model.ts";
import { savePolicy } from "./policies.ts";
import type { Tokens } from "./token.ts";
import type { World } from "./world.ts";

export interface NewMember {
  email: string;
  /** Default 2, user. */
  type?: number;
  /** Default 2, confirmed. Accepted and confirmed members get an account. */
  status?: number;
  externalId?: string | null;
  name?: string;
  hasMasterPassword?: boolean;
  twoFactor?: boolean;
}

/** Thirty characters, as the vendor makes them. */
export function newApiKey(): string {
  return randomBytes(40)
    .toString("base64")
    .replace(/[^A-Za-z0-9]/g, "")
    .padEnd(30, "0")
    .slice(0, 30);
}

/**
 * The back door: what people do in the web vault and its admin console, and what tests need. Members and groups
 * are named by id; members also by shown e-mail. Throws when there is no such thing.
 */
export class Admin {
  readonly #world: World;
  readonly #tokens: Tokens;

  constructor(world: World, tokens: Tokens) {
    this.#world = world;
    this.#tokens = tokens;
  }

  addMember(facts: NewMember): Member {
    const status = facts.status ?? CONFIRMED;
    const joined = status === ACCEPTED || status === CONFIRMED;
    return this.#world.addMember({
      account: joined ? newAccount(facts) : null,
      email: joined ? null : lowerCase(facts.email),
      status,
      priorStatus: null,
      hasKey: status === CONFIRMED,
      type: facts.type ?? USER,
      externalId: facts.externalId ?? null,
      permissions: null,
      collections: [],
    });
  }

  /** The invited person opens the mail and creates an account. */
  acceptMember(ref: string, account: { name?: string; hasMasterPassword?: boolean; email?: string } = {}): void {
    const member = this.member(ref);
    if (member.status !== INVITED) throw new Error(`${ref} is not invited`);
    const email = account.email ?? member.email ?? "";
    this.#world.changeMember(member, { account: newAccount({ ...account, email }), email: null, status: ACCEPTED });
  }

  confirmMember(ref: string): void {
    const member = this.member(ref);
    if (member.status !== ACCEPTED) throw new Error(`${ref} has not accepted`);
    this.#world.changeMember(member, { status: CONFIRMED, hasKey: true });
    this.#world.log(EVENT.confirmed, { memberId: member.id });
  }

  /** Edits by hand. A new e-mail goes to the account, where there is one. */
  editMember(ref: string, patch: { externalId?: string | null; type?: number; email?: string; name?: string }): void {
    const member = this.member(ref);
    const { email, name, ...rest } = patch;
    const account = member.account && {
      ...member.account,
      ...(email === undefined ? {} : { email }),
      ...(name === undefined ? {} : { name }),
    };
    const stored = member.account === null && email !== undefined ? lowerCase(email) : member.email;
    this.#world.changeMember(member, { ...rest, account, email: stored });
    this.#world.log(EVENT.updated, { memberId: member.id });
  }

  revokeMember(ref: string): void {
    const member = this.member(ref);
    this.#world.revokeMember(member);
    this.#world.log(EVENT.revoked, { memberId: member.id });
  }

  restoreMember(ref: string): void {
    const member = this.member(ref);
    restoreMember(this.#world, member);
    this.#world.log(EVENT.restored, { memberId: member.id });
  }

  deleteMember(ref: string): void {
    const member = this.member(ref);
    this.#world.removeMember(member);
    this.#world.log(EVENT.removed, { memberId: member.id });
  }

  /** Members by id or e-mail. */
  addGroup(facts: { name: string; externalId?: string | null; members?: string[] }): Group {
    const group = this.#world.addGroup({ name: facts.name, externalId: facts.externalId ?? null, collections: [] });
    this.setGroupMembers(group.id, facts.members ?? []);
    return group;
  }

  editGroup(id: string, patch: { name?: string; externalId?: string | null }): void {
    this.#world.changeGroup(this.#group(id), patch);
  }

  deleteGroup(id: string): void {
    this.#world.removeGroup(this.#group(id));
  }

  setGroupMembers(id: string, refs: string[]): void {
    const memberIds = refs.map((ref) => this.member(ref).id);
    this.#world.setGroupMembers(this.#group(id).id, memberIds);
  }

  createCollection(facts: { externalId?: string | null; kind?: "shared" | "my-items" } = {}): Collection {
    const collection: Collection = {
      id: randomUUID(),
      externalId: facts.externalId ?? null,
      kind: facts.kind ?? "shared",
    };
    this.#world.collections.set(collection.id, collection);
    return collection;
  }

  /** Gives a member (by id or e-mail) or a group (by id) exactly these collections. */
  grantCollections(ref: string, collections: (Pick<Association, "id"> & Partial<Association>)[]): void {
    const full = collections.map((access) => ({ readOnly: false, hidePasswords: false, manage: false, ...access }));
    const group = this.#world.groups.get(ref);
    if (group === undefined) this.#world.changeMember(this.member(ref), { collections: full });
    else this.#world.changeGroup(group, { collections: full });
  }

  /** Turns a policy on or off, with all that follows; 0 is two-step login. */
  setPolicy(type: number, enabled: boolean): void {
    savePolicy(this.#world, type, enabled);
  }

  /** Tokens already issued stay valid, new ones are refused. */
  disableOrganization(): void {
    this.#world.organization.enabled = false;
  }

  enableOrganization(): void {
    this.#world.organization.enabled = true;
  }

  /** The old key fails at once; tokens already issued stay valid. */
  rotateKey(): string {
    const apiKey = newApiKey();
    this.#world.organization.apiKey = apiKey;
    return apiKey;
  }

  /** Every token issued so far answers 401 from now on. */
  revokeTokens(): void {
    this.#tokens.revokeAll();
  }

  /** A token with any scope, e.g. a wrong one for the 403. */
  issueToken(scope = "api.organization"): string {
    return this.#tokens.issue(scope);
  }

  /** By membership id or shown e-mail. */
  member(ref: string): Member {
    const member = this.#world.members.get(ref) ?? this.#world.membersByEmail.first(lowerCase(ref));
    if (member === undefined) throw new Error(`no member ${ref}`);
    return member;
  }

  #group(id: string): Group {
    const group = this.#world.groups.get(id);
    if (group === undefined) throw new Error(`no group ${id}`);
    return group;
  }
}

function newAccount(facts: {
  email: string;
  name?: string;
  hasMasterPassword?: boolean;
  twoFactor?: boolean;
}): Account {
  return {
    id: randomUUID(),
    email: facts.email,
    name: facts.name ?? facts.email.split("@", 1).join(""),
    hasMasterPassword: facts.hasMasterPassword ?? true,
    twoFactor: facts.twoFactor ?? false,
  };
}
