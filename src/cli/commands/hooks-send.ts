import { randomUUID } from "node:crypto";
import { hooksOf } from "../../app/directories.ts";
import { hookAddress } from "../../app/hooks.ts";
import type { ConnectionConfig } from "../../config/schema/connection.ts";
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/parse.ts";
import { resolveSecret } from "../../config/secrets/resolve.ts";
import { isLoopback } from "../../config/schema/values.ts";
import type { HookSample } from "../../directories/sample.ts";
import { chooseConnections, usage, wholeNumber } from "../arguments.ts";
import { EXIT, type Call, type ExitCode } from "../command.ts";
import { answer } from "../terminal/answer.ts";
import { count } from "../terminal/words.ts";

const TIMEOUT_MS = 10_000;
const MOST_EVENTS = 10_000;

/** From the sender, whom we imitate, to a connection. */
interface Path {
  connection: ConnectionConfig;
  sample: HookSample;
  url: string;
}

interface Sent {
  /** The HTTP status, or why there was none. */
  answer: number | string;
  ms: number;
  body: string;
}

/** Does what the directory does, from here: shows whether an event hook would arrive, be believed and be written down. */
export async function hooksSend(call: Call): Promise<ExitCode> {
  const config = loadConfig(call.config);
  const [name] = call.words;
  const [connection] = chooseConnections(config, name);
  if (name === undefined || connection === undefined)
    throw usage("which connection?", "Example: bwbridge hooks send okta-main");
  const sample = hooksOf(connection)?.sample;
  if (sample === undefined) {
    throw usage(`${name} takes no event hooks`, "Only Okta connections with `push.enabled: true` do.");
  }
  const path = { connection, sample, url: hookUrl(config, connection, call.text("url")) };
  return call.flag("verify") ? sendVerification(call, path) : sendEvents(call, path);
}

async function sendEvents(call: Call, { connection, sample, url }: Path): Promise<ExitCode> {
  const target = { user: call.text("user"), group: call.text("group") };
  const type = call.text("event") ?? sample.usualEventType(target);
  const events = wholeNumber("count", call.text("count"), 1, MOST_EVENTS);
  const body = JSON.stringify(sample.delivery(type, target, events, url));
  const headers = { "Content-Type": "application/json", ...secretHeader(connection) };
  const sent = await exchange(url, { method: "POST", headers, body }, call.signal);
  const accepted = sent.answer === 200 || sent.answer === 204;
  answer(call, { url, type, events, status: sent.answer, ms: sent.ms, accepted }, () => [
    `POST ${url}: ${String(sent.answer)} in ${sent.ms.toFixed(0)} ms`,
    accepted
      ? `${count(events, "event")} of type ${type} written down. What follows: \`bwbridge journal --follow\`, \`bwbridge status\`.`
      : meaning(sent.answer),
  ]);
  return accepted ? EXIT.done : EXIT.failed;
}

async function sendVerification(call: Call, { connection, sample, url }: Path): Promise<ExitCode> {
  const challenge = sample.challenge(randomUUID());
  const headers = { ...challenge.headers, ...secretHeader(connection) };
  const sent = await exchange(url, { method: "GET", headers }, call.signal);
  const verified = sent.answer === 200 && sent.body === JSON.stringify(challenge.answer);
  answer(call, { url, status: sent.answer, ms: sent.ms, verified }, () => [
    `GET ${url}: ${String(sent.answer)} in ${sent.ms.toFixed(0)} ms`,
    verified ? "The directory would accept this address." : meaning(sent.answer),
  ]);
  return verified ? EXIT.done : EXIT.failed;
}

/** The secret goes to this address: only encrypted, or inside this machine, or to our own listener. */
function hookUrl(config: Config, connection: ConnectionConfig, given: string | undefined): string {
  const path = `/hooks/${hookAddress(connection)}`;
  const { host, port } = config.listen.hooks;
  if (given === undefined) {
    if (port === 0) throw usage("the port of listen.hooks is chosen at start", "Give the address with --url.");
    const bare = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
    return `http://${bare.includes(":") ? `[${bare}]` : bare}:${String(port)}${path}`;
  }
  const url = URL.parse(given);
  const safe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
  if (url === null || !safe) throw usage(`"${given}" is not an https address`, "Plain http only to this machine.");
  return url.pathname === "/" ? `${url.origin}${path}` : url.href;
}

function secretHeader({ push }: ConnectionConfig): Record<string, string> {
  const [first] = push.secrets;
  return first === undefined ? {} : { [push.header]: resolveSecret(first).reveal() };
}

async function exchange(url: string, init: RequestInit, signal: AbortSignal): Promise<Sent> {
  const startedAt = performance.now();
  try {
    const limits = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const response = await fetch(url, { ...init, redirect: "manual", signal: limits });
    const body = (await response.text()).slice(0, 4096);
    return { answer: response.status, ms: performance.now() - startedAt, body };
  } catch (thrown) {
    const cause = thrown instanceof Error ? thrown.cause : undefined;
    const reason = cause instanceof Error ? cause.message : String(thrown);
    return { answer: `no answer (${reason})`, ms: performance.now() - startedAt, body: "" };
  }
}

function meaning(answer: number | string): string {
  switch (answer) {
    case 401:
      return "The secret was refused: the service knows another one (its own environment or secret file).";
    case 404:
      return "That address knows no such connection: is the service running with this configuration?";
    case 429:
      return "Too many refused requests from this address: wait a minute.";
    case 503:
      return "The service could not write the event down: look at its log.";
    default:
      return typeof answer === "string"
        ? "Nothing answers there: is `bwbridge serve` running, and is the address right?"
        : "Not what the bridge answers: something else may stand in front of it.";
  }
}
