import { connect } from "node:net";
import { oktaHookVerifier } from "../../src/directories/okta/verify.ts";
import type { HookVerifier } from "../../src/directories/verified.ts";
import type { HintedEvent } from "../../src/domain/hint.ts";
import { createLog } from "../../src/observe/log.ts";
import { createMetrics } from "../../src/observe/metrics.ts";
import { listen } from "../../src/receive/listen.ts";
import { createReceiver } from "../../src/receive/receiver.ts";

export const SECRET = "correct horse battery staple";

/** The real receiver on a real socket, with an inbox that only remembers. */
export async function startReceiver(options: { requestTimeoutMs?: number; refusalsPerMinute?: number } = {}) {
  const world = {
    secrets: [SECRET],
    secretsFail: false,
    commitFails: false,
    ready: true,
    /** Ids that were accepted, for deduplication as the store does it. */
    known: new Set<string>(),
    events: [] as HintedEvent[],
    rung: [] as string[],
    lines: [] as Record<string, unknown>[],
    /** What happened, in order. */
    steps: [] as string[],
  };
  const verifier = spied(
    oktaHookVerifier({
      connection: "okta-main",
      header: "X-Bridge-Secret",
      secrets() {
        if (world.secretsFail) throw new Error("secret file is gone");
        return world.secrets;
      },
    }),
    world.steps,
  );
  const log = createLog({
    level: "debug",
    destination: { write: (line: string) => void world.lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const metrics = createMetrics();
  const app = createReceiver({
    verifiers: new Map([["okta/okta-main", verifier]]),
    inbox: {
      async accept(_connection, events) {
        await new Promise(setImmediate);
        if (world.commitFails) throw new Error("disk full");
        world.steps.push("commit");
        const fresh = events.filter((event) => !world.known.has(event.id));
        for (const event of fresh) world.known.add(event.id);
        world.events.push(...fresh);
        return { accepted: fresh.length, duplicates: events.length - fresh.length };
      },
    },
    ready: () => Promise.resolve(world.ready),
    onAccepted(connection) {
      world.steps.push("ring");
      world.rung.push(connection);
    },
    log,
    metrics,
    trustProxy: 1,
    refusalsPerMinute: options.refusalsPerMinute ?? 10_000,
  });
  const listening = await listen(app, {
    host: "127.0.0.1",
    port: 0,
    log,
    ...(options.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: options.requestTimeoutMs }),
  });
  const hook = `${listening.url}/hooks/okta/okta-main`;
  return {
    world,
    hook,
    metrics,
    url: listening.url,
    port: listening.port,
    post: (body: string | Buffer<ArrayBuffer> | null, headers: Record<string, string> = {}) =>
      fetch(hook, { method: "POST", body, headers: { "x-bridge-secret": SECRET, ...headers } }),
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}

function spied(verifier: HookVerifier, steps: string[]): HookVerifier {
  return {
    ...verifier,
    admit(headers) {
      const admission = verifier.admit(headers);
      steps.push("refused" in admission ? "refused" : "admitted");
      if ("refused" in admission) return admission;
      return {
        ...admission,
        read(rawBody) {
          steps.push("parse");
          return admission.read(rawBody);
        },
      };
    },
  };
}

let count = 0;

/** An Okta event about one user, with an id of its own. */
export function userEvent(eventType = "user.account.update_profile", id = "00u1a2b3c4d5e6f7g8h9") {
  count += 1;
  return { uuid: `event-${String(count)}`, eventType, target: [{ id, type: "User", alternateId: "ada@example.com" }] };
}

export function envelope(...events: unknown[]): string {
  return JSON.stringify({ eventType: "com.okta.event_hook", eventId: "delivery-1", data: { events } });
}

/** Sends bytes as they are and answers everything that comes back until the server closes. */
export function sendRaw(port: number, ...parts: (string | Buffer)[]): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => {
      for (const part of parts) socket.write(part);
    });
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => (answer += chunk));
    // A reset after the answer is how a refused sender learns that nobody listens any more.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      resolve(answer);
    });
  });
}
