import { shownEmail, type Member } from "../../../fakes/bitwarden/model.ts";
import type { Source } from "./source.ts";

/** One account of a person in one directory. */
export interface Account {
  source: Source;
  user: string;
}

/**
 * Who is who: a person is known to one directory or, by the same e-mail address, to several. A person keeps
 * their name (the address they were first seen with) whatever happens to the address later.
 */
export class People {
  readonly #sources: readonly Source[];
  readonly #nameOf = new Map<string, string>();
  readonly #accounts = new Map<string, Account[]>();
  readonly #byEmail = new Map<string, string>();

  constructor(sources: readonly Source[]) {
    this.#sources = sources;
    this.look();
  }

  /** To be called after changes: takes in who is new, and new addresses. */
  look(): void {
    for (const source of this.#sources) {
      for (const { id, profile } of source.okta.state.users.values()) {
        const email = profile.email.toLowerCase();
        const name = this.#nameOf.get(id) ?? this.#byEmail.get(email) ?? email;
        this.#byEmail.set(email, name);
        if (this.#nameOf.has(id)) continue;
        this.#nameOf.set(id, name);
        this.#accounts.set(name, [...(this.#accounts.get(name) ?? []), { source, user: id }]);
      }
    }
  }

  names(): string[] {
    return [...this.#accounts.keys()];
  }

  /** The accounts of a person, also of deleted ones. */
  accounts(name: string): readonly Account[] {
    return this.#accounts.get(name) ?? [];
  }

  nameOf(user: string): string | undefined {
    return this.#nameOf.get(user);
  }

  /** Which person a Bitwarden member is: by external id, else by e-mail address; undefined: an outsider. */
  of(member: Member): string | undefined {
    return this.#nameOf.get(member.externalId ?? "") ?? this.#byEmail.get(shownEmail(member).toLowerCase());
  }
}
