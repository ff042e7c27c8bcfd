/** A seeded source of randomness in [0, 1), so that a failing run can be repeated (mulberry32). */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("pick from an empty list");
  return item;
}

/** Shuffles in place (Fisher–Yates) and returns the same array. */
export function shuffle<T>(random: Random, items: T[]): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const [a, b] = [items[last], items[other]];
    if (a === undefined || b === undefined) continue;
    items[last] = b;
    items[other] = a;
  }
  return items;
}

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * Makes ids that look like Okta's (20 characters: `00u…` users, `00g…` groups) and grow in ASCII order, so that
 * a list sorted by id is also sorted by creation and a page cursor can be "everything after this id".
 */
export function idFactory(random: Random): (prefix: string) => string {
  let count = 0;
  return (prefix) => {
    count += 1;
    let rest = count;
    let counter = "";
    for (let place = 0; place < 5; place++) {
      counter = digits.charAt(rest % 62) + counter;
      rest = Math.floor(rest / 62);
    }
    let tail = "";
    while (prefix.length + counter.length + tail.length < 18) tail += digits.charAt(Math.floor(random() * 62));
    return `${prefix}${counter}${tail}d7`;
  };
}
