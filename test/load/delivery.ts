import { randomUUID } from "node:crypto";
import { startOkta } from "../fakes/okta/server.ts";
import type { LogEvent } from "../fakes/okta/types.ts";
import type { Numbered } from "./sender.ts";

/** A whole HTTP request that delivers these events as Okta does. */
export function delivery(url: string, secret: string, events: readonly LogEvent[]): Buffer {
  const { host, pathname } = new URL(url);
  const body = JSON.stringify({
    eventType: "com.okta.event_hook",
    eventTypeVersion: "1.0",
    cloudEventsVersion: "0.1",
    source: "https://example.okta.com/api/v1/eventHooks/who0000000000000bench",
    eventId: randomUUID(),
    data: { events },
    eventTime: new Date().toISOString(),
    contentType: "application/json",
  });
  const head = [
    `POST ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    `Authorization: ${secret}`,
    "Accept: application/json",
    "Content-Type: application/json",
    `Content-Length: ${String(Buffer.byteLength(body))}`,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** The id of the event with this number, in the form of a UUID. */
export function eventId(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** How many people the endless deliveries are about. */
const PEOPLE = 10_000;

/** Deliveries without end, each of one event about a change of somebody's profile, numbered from 0. */
export class Deliveries {
  readonly #id: string;
  readonly #user: string;
  readonly #event: LogEvent;
  readonly #templates = new Map<string, Buffer>();
  #n = 0;

  constructor(event: LogEvent) {
    this.#event = event;
    this.#id = event.uuid;
    this.#user = event.target[0]?.id ?? "";
  }

  /** The next one, ready to send to `url`. Only ids differ, so they are written over those of a template. */
  next(url: string, secret: string): Numbered {
    let template = this.#templates.get(url);
    if (template === undefined) this.#templates.set(url, (template = delivery(url, secret, [this.#event])));
    const n = this.#n++;
    const bytes = Buffer.from(template);
    bytes.write(eventId(n), template.indexOf(this.#id), "latin1");
    bytes.write(String(n % PEOPLE).padStart(10, "0"), template.indexOf(this.#user) + 5, "latin1");
    return { n, bytes };
  }

  /** Bytes of one body. */
  bodyBytes(url: string, secret: string): number {
    const { bytes } = this.next(url, secret);
    return bytes.length - bytes.indexOf("\r\n\r\n") - 4;
  }
}

/** An event as Okta writes it, from the emulator. */
export async function sampleEvent(): Promise<LogEvent> {
  await using okta = await startOkta({ users: 1, groups: 0 });
  const [user] = okta.state.users.keys();
  okta.admin.updateProfile(user ?? "", { title: "Chief Bench Officer" });
  const event = okta.state.logs.at(-1);
  if (event === undefined) throw new Error("the emulator wrote no event");
  return event;
}
