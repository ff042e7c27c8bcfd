/** What a hint and the journal talk about: one user, one group, or a whole directory (`all`). */
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

/**
 * The key of a user or group inside its organization, e.g. `okta-main/00u1`: several connections feed one organization,
 * and their immutable ids may be equal. Names of connections hold no slash.
 */
export function qualified(connection: string, key: string): string {
  return `${connection}/${key}`;
}

/** The connection and the directory's own key behind a qualified key. */
export function unqualified(name: string): { connection: string; key: string } {
  const slash = name.indexOf("/");
  return { connection: name.slice(0, slash), key: name.slice(slash + 1) };
}
