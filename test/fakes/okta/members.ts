/** Who is in which group, readable from both sides. Lists are sorted by id and kept until the group changes. */
export class Members {
  readonly #usersByGroup = new Map<string, Set<string>>();
  readonly #groupsByUser = new Map<string, Set<string>>();
  readonly #sorted = new Map<string, readonly string[]>();

  /** False when the user already was a member. */
  add(groupId: string, userId: string): boolean {
    const users = setAt(this.#usersByGroup, groupId);
    if (users.has(userId)) return false;
    users.add(userId);
    setAt(this.#groupsByUser, userId).add(groupId);
    this.#sorted.delete(groupId);
    return true;
  }

  /** False when the user was no member. */
  remove(groupId: string, userId: string): boolean {
    this.#groupsByUser.get(userId)?.delete(groupId);
    this.#sorted.delete(groupId);
    return this.#usersByGroup.get(groupId)?.delete(userId) ?? false;
  }

  has(groupId: string, userId: string): boolean {
    return this.#usersByGroup.get(groupId)?.has(userId) ?? false;
  }

  usersOf(groupId: string): readonly string[] {
    const known = this.#sorted.get(groupId);
    if (known) return known;
    const sorted = [...(this.#usersByGroup.get(groupId) ?? [])].sort();
    this.#sorted.set(groupId, sorted);
    return sorted;
  }

  groupsOf(userId: string): string[] {
    return [...(this.#groupsByUser.get(userId) ?? [])].sort();
  }

  dropUser(userId: string): void {
    for (const groupId of this.groupsOf(userId)) this.remove(groupId, userId);
    this.#groupsByUser.delete(userId);
  }

  dropGroup(groupId: string): void {
    for (const userId of this.usersOf(groupId)) this.remove(groupId, userId);
    this.#usersByGroup.delete(groupId);
  }
}

function setAt(map: Map<string, Set<string>>, key: string): Set<string> {
  const known = map.get(key);
  if (known) return known;
  const created = new Set<string>();
  map.set(key, created);
  return created;
}
