/** What the directory said of one fact ("is active", "is in this group", "exists") and what the bridge could know of it. */
export interface Standing {
  /**
   * Since when the directory has said yes without a break, up to the moment that is judged; null: it does not say
   * yes then; -Infinity: it has said so since before the bridge first read it. Milliseconds, one clock for all.
   */
  since: number | null;
  /** Hints about the subject that the bridge acknowledged with a 2xx. */
  hints: readonly { sentAt: number; acknowledgedAt: number }[];
  /** Complete direct reads of the subject: when the directory looked at its state, and when its whole answer was out. */
  reads: readonly { madeAt: number; endedAt: number }[];
}

/**
 * Between the bridge's last look at its own rows and the arrival of its request lie a token, a socket and a
 * disk. What it learned less than this before is not held against it, and more on a machine that is slow.
 */
export const GRACE_MS = 1_000;

/**
 * Why a request that took access away, and arrived at `at`, was unjustified; null: it was not.
 *
 * Taking away is unjustified when the directory, at that moment, says that the person is entitled, has said so
 * without a break since some earlier moment, and the bridge knew or could have known:
 *  1. it has been so ever since the bridge first read it: nothing was there that could justify it; or
 *  2. after that earlier moment a hint about the subject was sent, and the bridge acknowledged it (more than
 *     `graceMs` before the request): from then on whatever it had read before was known to be outdated, and it
 *     had to read again, which would have answered "entitled"; or
 *  3. after that earlier moment the directory answered a complete direct read of the subject with "entitled",
 *     and the answer was out more than `graceMs` before the request.
 * Everything else is justified, or at least not the bridge's fault: the directory says no, or says yes again
 * without the bridge having had a chance to hear of it.
 */
export function unjustified(at: number, { since, hints, reads }: Standing, graceMs = GRACE_MS): string | null {
  if (since === null) return null;
  if (since === -Infinity) return "the directory has never said anything else";
  const limit = at - graceMs;
  const hint = hints.find(({ sentAt, acknowledgedAt }) => sentAt > since && acknowledgedAt < limit);
  if (hint) {
    const ago = Math.round(at - hint.acknowledgedAt);
    return `entitled again for ${String(Math.round(at - since))} ms, and a hint of it was acknowledged ${String(ago)} ms before`;
  }
  const read = reads.find(({ madeAt, endedAt }) => madeAt > since && endedAt < limit);
  if (read) {
    const ago = Math.round(at - read.endedAt);
    return `entitled again for ${String(Math.round(at - since))} ms, and the directory had answered so ${String(ago)} ms before`;
  }
  return null;
}
