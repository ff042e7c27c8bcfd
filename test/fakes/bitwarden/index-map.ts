/** A non-unique index, because Bitwarden has no unique external ids and e-mails; knows whether any key is shared. */
export class IndexMap<T> {
  readonly #byKey = new Map<string, Set<T>>();
  #shared = 0;

  add(key: string, value: T): void {
    const values = this.#byKey.get(key);
    if (values === undefined) {
      this.#byKey.set(key, new Set([value]));
      return;
    }
    if (values.has(value)) return;
    values.add(value);
    if (values.size === 2) this.#shared += 1;
  }

  remove(key: string, value: T): void {
    const values = this.#byKey.get(key);
    if (values?.delete(value) !== true) return;
    if (values.size === 1) this.#shared -= 1;
    if (values.size === 0) this.#byKey.delete(key);
  }

  all(key: string): Iterable<T> {
    return this.#byKey.get(key) ?? [];
  }

  /** The oldest holder of the key. */
  first(key: string): T | undefined {
    const values = this.#byKey.get(key);
    return values === undefined ? undefined : [...values][0];
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** True when some key has more than one holder. */
  get hasDuplicates(): boolean {
    return this.#shared > 0;
  }
}
