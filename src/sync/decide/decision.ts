import type { Plan } from "../../domain/plan/draft.ts";
import type { Live, Model, Subjects } from "../../domain/model.ts";
import type { ResolvedHint } from "../../store/hints/hints.ts";
import type { Loaded } from "./load-model.ts";

/** A hint that was read and is decided now. */
export interface DecidedHint extends ResolvedHint {
  connection: string;
}

/** What was decided, and what of Bitwarden was read for it. */
export interface Decision {
  subjects: Subjects;
  model: Model;
  live: Live;
  /** False when Bitwarden was not asked: nothing differed from the ledger. */
  wasRead: boolean;
  plan: Plan;
  hints: DecidedHint[];
  loaded: Loaded;
  /** Members whose revocation we sent and did not read back: found revoked, they were revoked by us. */
  ours: Set<string>;
}
