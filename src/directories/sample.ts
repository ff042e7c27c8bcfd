/** What a delivery is about, by the directory's own ids. */
export interface HookTarget {
  user: string | undefined;
  group: string | undefined;
}

/** What a directory would send, made by ourselves: `bwbridge hooks send` shows with it whether a delivery arrives. */
export interface HookSample {
  /** The type of event that fits what was named. */
  usualEventType(target: HookTarget): string;
  /** The body of one delivery with so many events; `source` is the address it goes to. */
  delivery(eventType: string, target: HookTarget, events: number, source: string): unknown;
  /** The handshake by which the directory checks the address: what it sends, and the JSON it expects back. */
  challenge(challenge: string): { headers: Record<string, string>; answer: unknown };
}
