import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { recommendedEvents } from "../../../fakes/okta/event-types.ts";
import { shuffle, type Random } from "../../../fakes/okta/random.ts";
import type { LogEvent } from "../../../fakes/okta/types.ts";
import type { Chronicle } from "../oracle/chronicle.ts";
import type { Knowledge } from "../oracle/knowledge.ts";
import type { Lag } from "./lag.ts";
import type { Source } from "../oracle/source.ts";
import type { Told } from "../oracle/told.ts";

/** How the event hooks behave in a history: shares from 0 to 1, times in ms. */
export interface HookWeather {
  lost: number;
  doubled: number;
  late: number;
  lateMs: number;
  shuffled: boolean;
}

/** As long as Okta waits for an answer, and then tries once more. */
const TIMEOUT_MS = 3_000;
const MOST_IN_A_POST = 100;

export interface HookParts {
  random: Random;
  weather: HookWeather;
  knowledge: Knowledge;
  told: Told;
  chronicle: Chronicle;
  lag: Lag;
  /** Where the connection's hooks go now; null: the bridge is not there. */
  urlOf: (source: Source) => string | null;
  secret: string;
}

/** Posts events as Okta does, badly where the weather says so, and notes what the bridge acknowledged. */
export class Hooks {
  readonly #parts: HookParts;
  readonly #flights = new Set<Promise<void>>();

  constructor(parts: HookParts) {
    this.#parts = parts;
  }

  /** Whether every hook is delivered that will be. */
  get idle(): boolean {
    return this.#flights.size === 0;
  }

  /** Sends what a change put into the log, or loses it. */
  send(source: Source, events: readonly LogEvent[]): void {
    const { random, weather } = this.#parts;
    const eligible = events.filter(({ eventType }) => recommendedEvents.includes(eventType));
    const ordered = weather.shuffled ? shuffle(random, [...eligible]) : eligible;
    for (let start = 0; start < ordered.length; start += MOST_IN_A_POST) {
      const batch = ordered.slice(start, start + MOST_IN_A_POST);
      const isLost = random() < weather.lost;
      const copies = random() < weather.doubled ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) {
        const delayMs = random() < weather.late ? random() * weather.lateMs : random() * 20;
        if (isLost) this.#parts.chronicle.note("hook lost", ...subjectsOf(batch));
        else this.#fly(source, batch, delayMs);
      }
    }
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.#flights.size > 0) await Promise.all(this.#flights);
  }

  #fly(source: Source, events: readonly LogEvent[], delayMs: number): void {
    const flight = sleep(delayMs)
      .then(() => this.#deliver(source, events))
      .finally(() => this.#flights.delete(flight));
    this.#flights.add(flight);
  }

  async #deliver(source: Source, events: readonly LogEvent[]): Promise<void> {
    const body = JSON.stringify({
      eventType: "com.okta.event_hook",
      eventTypeVersion: "1.0",
      eventId: randomUUID(),
      data: { events },
    });
    for (let attempt = 0; attempt < 2; attempt++) {
      if (await this.#post(source, events, body)) return;
      await sleep(50);
    }
    this.#parts.chronicle.note("hook not acknowledged", ...subjectsOf(events));
  }

  async #post(source: Source, events: readonly LogEvent[], body: string): Promise<boolean> {
    const { urlOf, secret, knowledge, told, chronicle, lag } = this.#parts;
    const url = urlOf(source);
    if (url === null) return false;
    const sentAt = performance.now();
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { authorization: secret, "content-type": "application/json" },
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
      if (!response.ok) return false;
    } catch {
      // Killed in the middle: not acknowledged, so nothing is owed for it.
      return false;
    }
    told.acknowledged(events.map(({ uuid }) => uuid));
    knowledge.acknowledged(
      events.flatMap((event) => subjectNames(source, event)),
      sentAt,
    );
    const ms = performance.now() - sentAt;
    lag.add(ms);
    chronicle.note(`hook acknowledged (sent ${String(Math.round(ms))} ms before)`, ...subjectsOf(events));
    return true;
  }
}

/** A membership event speaks of the person; of the group only an event that names nobody else. */
function subjectNames({ name }: Source, { target }: LogEvent): string[] {
  const users = target.filter(({ type }) => type === "User").map(({ id }) => `${name}/user/${id}`);
  if (users.length > 0) return users;
  return target.filter(({ type }) => type === "UserGroup").map(({ id }) => `${name}/group/${id}`);
}

/** Whom the events are about: people, and groups only where nobody is named. */
function subjectsOf(events: readonly LogEvent[]): string[] {
  return events.flatMap(({ target }) => {
    const users = target.filter(({ type }) => type === "User");
    return (users.length > 0 ? users : target).map(({ id }) => id);
  });
}
