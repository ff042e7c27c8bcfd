/** What the bridge was told of and acknowledged: from then on it owes the result without any reconciliation. */
export class Told {
  /** The events of the last change of a fact; a fact that never changed has none. */
  readonly #latest = new Map<string, readonly string[]>();
  readonly #acknowledged = new Set<string>();

  changed(facts: readonly string[], eventIds: readonly string[]): void {
    for (const name of facts) this.#latest.set(name, eventIds);
  }

  acknowledged(eventIds: readonly string[]): void {
    for (const id of eventIds) this.#acknowledged.add(id);
  }

  /** Whether the bridge has acknowledged an event of the fact's last change, or the fact never changed. */
  owes(name: string): boolean {
    const ids = this.#latest.get(name);
    return ids === undefined || ids.some((id) => this.#acknowledged.has(id));
  }
}
