import { hintsOf } from "../../src/directories/okta/events.ts";
import { CONNECTION } from "../support/config.ts";
import type { Change } from "./changes.ts";

/** What the bridge was told and has acknowledged: from then on it owes the result. */
export class Told {
  readonly acknowledged = new Set<string>();
  /** Events by subject since, and with, the subject's last change. */
  readonly #latest = new Map<string, string[]>();

  /** Written down in the order in which the directory changed. */
  changed({ subjects, events }: Change): void {
    for (const subject of subjects) this.#latest.set(subject, []);
    for (const event of events) {
      const { hints } = hintsOf(CONNECTION, event);
      for (const subject of subjects) {
        const [, key = "", group = ""] = subject.split("/");
        const told = hints.some((hint) => hint.subject.key === key || (group !== "" && hint.subject.key === group));
        if (told) this.#latest.get(subject)?.push(event.uuid);
      }
    }
  }

  acknowledge(ids: readonly string[]): void {
    for (const id of ids) this.acknowledged.add(id);
  }

  /** Subjects whose last change was acknowledged: no reconciliation is needed to see them right. */
  owed(): string[] {
    return [...this.#latest].filter(([, ids]) => ids.some((id) => this.acknowledged.has(id))).map(([name]) => name);
  }
}
