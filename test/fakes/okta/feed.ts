import { randomBytes, randomUUID } from "node:crypto";
import { describeEvent } from "./event-types.ts";
import type { OktaState } from "./state.ts";
import type { LogEvent, LogParty, OktaGroup, OktaUser } from "./types.ts";

export interface RecordOptions {
  /** Where the event appears: both feeds unless told. `log`: hooks never hear of it; `hook`: the log misses it. */
  only?: "log" | "hook";
  /** An earlier publication time: the event is persisted late, as Okta's log may do. */
  publishedAt?: Date;
  outcome?: { result: string; reason: string | null };
  debugData?: Record<string, string>;
}

/** Writes System Log events and tells the hook deliverer about them. */
export class EventFeed {
  readonly #state: OktaState;
  readonly #listeners: ((event: LogEvent) => void)[] = [];

  constructor(state: OktaState) {
    this.#state = state;
  }

  onEvent(listener: (event: LogEvent) => void): void {
    this.#listeners.push(listener);
  }

  record(eventType: string, target: LogParty[], options: RecordOptions = {}): LogEvent {
    const event = logEvent(eventType, target, options);
    if (options.only !== "hook") {
      this.#state.logs.push(event);
      this.#state.persistedAtMs.push(Date.now());
    }
    if (options.only !== "log") for (const listener of this.#listeners) listener(event);
    return event;
  }
}

/** For users `alternateId` is the login, which need not be the e-mail. */
export function userTarget(user: OktaUser): LogParty {
  const displayName = `${user.profile.firstName} ${user.profile.lastName}`;
  return { id: user.id, type: "User", alternateId: user.profile.login, displayName, detailEntry: null };
}

export function groupTarget(group: OktaGroup): LogParty {
  return {
    id: group.id,
    type: "UserGroup",
    alternateId: "unknown",
    displayName: group.profile.name,
    detailEntry: null,
  };
}

const administrator: LogParty = {
  id: "00u0000adminK5vQm0d7",
  type: "User",
  alternateId: "administrator@example.com",
  displayName: "Org Administrator",
  detailEntry: null,
};

function logEvent(eventType: string, target: LogParty[], options: RecordOptions): LogEvent {
  const { displayMessage, legacyEventType } = describeEvent(eventType);
  return {
    uuid: randomUUID(),
    published: (options.publishedAt ?? new Date()).toISOString(),
    eventType,
    version: "0",
    severity: options.outcome?.result === "FAILURE" ? "WARN" : "INFO",
    displayMessage,
    legacyEventType,
    actor: administrator,
    client: {
      userAgent: { rawUserAgent: "Mozilla/5.0 (X11; Linux x86_64)", os: "Linux", browser: "FIREFOX" },
      zone: "null",
      device: "Computer",
      id: null,
      ipAddress: "192.0.2.17",
      geographicalContext: null,
    },
    device: null,
    request: { ipChain: [{ ip: "192.0.2.17", geographicalContext: null, version: "V4", source: null }] },
    outcome: options.outcome ?? { result: "SUCCESS", reason: null },
    target,
    transaction: { type: "WEB", id: randomBytes(16).toString("hex"), detail: {} },
    debugContext: { debugData: { requestUri: "/api/v1/admin", ...options.debugData } },
    authenticationContext: {
      authenticationProvider: null,
      credentialProvider: null,
      credentialType: null,
      issuer: null,
      authenticationStep: 0,
      externalSessionId: "102bZDNFfWaQSyEZQuDgWt-uQ",
      interface: null,
    },
    securityContext: { asNumber: null, asOrg: null, isp: null, domain: null, isProxy: null },
    insertionTimestamp: null,
  };
}
