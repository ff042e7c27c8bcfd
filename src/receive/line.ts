import { randomUUID } from "node:crypto";
import type { Request } from "express";
import type { Log } from "../observe/log.ts";

/** What one request came to; becomes its one log line. */
export interface Line {
  id: string;
  method: string;
  connection: string;
  status: number;
  /** Why it was not accepted, or what was odd about it. */
  reason?: string;
  /** Refused more often than its address may: counted, and logged only in detail, so that nobody can fill a disk. */
  limited?: true;
  events?: number;
  accepted?: number;
  duplicates?: number;
}

/** Ids of proxies are taken over when they are plain, so that both logs can be joined. */
const PLAIN_ID = /^[\w.-]{1,64}$/;

export function startLine(request: Request, connection: string): Line {
  const sent = request.headers["x-request-id"];
  const id = typeof sent === "string" && PLAIN_ID.test(sent) ? sent : randomUUID();
  return { id, method: request.method, connection, status: 0 };
}

/** Writes the line; `startedAt` is `performance.now()` at the start of the request. */
export function writeLine(log: Log, line: Line, startedAt: number): void {
  const fields = { ...line, ms: Math.round((performance.now() - startedAt) * 10) / 10 };
  if (line.limited) log.debug(fields, "hook");
  else if (line.reason !== undefined) log.warn(fields, "hook");
  // What was accepted is told again by the line of its hint; a second line would cost throughput and disk.
  else if (line.status === 204) log.debug(fields, "hook");
  else log.info(fields, "hook");
}
