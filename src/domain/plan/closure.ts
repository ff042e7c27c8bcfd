/**
 * All users of a group, through nested groups at any depth; safe on cycles. Directory Connector
 * stops at groups out of scope; we pass through them, because the directory does.
 */
export function closureUsers(
  group: string,
  userEdges: Map<string, string[]>,
  groupEdges: Map<string, string[]>,
): Set<string> {
  const users = new Set<string>();
  for (const descendant of descendants([group], groupEdges)) {
    for (const user of userEdges.get(descendant) ?? []) users.add(user);
  }
  return users;
}

/** The groups given and everything nested below them. */
export function descendants(groups: Iterable<string>, groupEdges: Map<string, string[]>): Set<string> {
  const seen = new Set<string>(groups);
  for (const group of seen) {
    for (const child of groupEdges.get(group) ?? []) seen.add(child);
  }
  return seen;
}

/** The groups given and everything that contains them, directly or not. */
export function ancestors(groups: Iterable<string>, groupEdges: Map<string, string[]>): Set<string> {
  const parents = new Map<string, string[]>();
  for (const [parent, children] of groupEdges) {
    for (const child of children) {
      const known = parents.get(child);
      if (known) known.push(parent);
      else parents.set(child, [parent]);
    }
  }
  return descendants(groups, parents);
}
