import type { GroupRecord, UserRecord } from "../model.ts";
import type { SyncOptions } from "../options.ts";

/** in: takes part. keep: neither invited nor taken away. leave: access ends in the way `action` says. */
export type Verdict<Action> = { want: "in" } | { want: "keep" } | { want: "leave"; action: Action; why: string };

export function verdictOfUser(user: UserRecord, options: SyncOptions): Verdict<SyncOptions["leaver"]> {
  switch (user.state) {
    case "active":
      return { want: "in" };
    case "disabled":
      return options.removeDisabled
        ? { want: "leave", action: options.leaver, why: `disabled in the directory${clause(user)}` }
        : { want: "keep" };
    case "gone":
      return { want: "leave", action: options.leaver, why: `no longer in the directory${clause(user)}` };
    case "out":
      return { want: "leave", action: options.scopeExit, why: `out of scope${clause(user)}` };
  }
}

export function verdictOfGroup(group: GroupRecord, options: SyncOptions): Verdict<SyncOptions["groupDeletion"]> {
  if (group.state === "active") return { want: "in" };
  const why = group.state === "gone" ? "group no longer in the directory" : "group out of scope";
  return { want: "leave", action: options.groupDeletion, why: `${why}${clause(group)}` };
}

function clause(record: { clause: string | null }): string {
  return record.clause === null ? "" : ` (${record.clause})`;
}
