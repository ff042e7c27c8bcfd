import type { App } from "../app.ts";
import { organizationRow } from "../store/state.ts";

/** After a commit that failed, this long without a good one means: send elsewhere. Then senders may try again. */
const DOUBT_MS = 10_000;

type Accept = App["inbox"]["accept"];

/** The app's inbox, and whether an event could be written down now: the store answers, and did not just fail. */
export function readinessOf({ inbox, database, config }: App): {
  inbox: { accept: Accept };
  ready(): Promise<boolean>;
} {
  let failedAt = Number.NEGATIVE_INFINITY;
  return {
    inbox: {
      async accept(connection, events) {
        try {
          const accepted = await inbox.accept(connection, events);
          failedAt = Number.NEGATIVE_INFINITY;
          return accepted;
        } catch (error) {
          failedAt = performance.now();
          throw error;
        }
      },
    },
    async ready() {
      await organizationRow(database.reader, config.organizations[0]?.name ?? "");
      return performance.now() - failedAt > DOUBT_MS;
    },
  };
}
