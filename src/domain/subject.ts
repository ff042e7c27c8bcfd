/** What a hint, a plan and the journal talk about: one user, one group, or a whole directory (`all`). */
export type SubjectKind = "user" | "group" | "all";

/** One user or group of one connection. `key` is the directory's immutable id; empty for `all`. */
export interface Subject {
  connection: string;
  kind: SubjectKind;
  key: string;
}

/** The readable name used in logs, the journal and on the command line, e.g. `okta-main/user/00u1`. */
export function subjectName(subject: Subject): string {
  return subject.kind === "all" ? `${subject.connection}/all` : `${subject.connection}/${subject.kind}/${subject.key}`;
}
