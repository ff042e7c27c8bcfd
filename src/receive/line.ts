import { randomUUID } from "node:crypto";
import type { Request } from "express";
import type { Log } from "../observe/log.ts";

/** What one request came to; becomes its one log line. */
export interface Line {
  /** The proxy's; null until one is needed. */
  id: string | null;
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
  const id = typeof sent === "string" && PLAIN_ID.test(sent) ? sent : null;
  return { id, method: request.method, connection, status: 0 };
}

/** Writes the line; `startedAt` is `performance.now()` at the start of the request. */
export function writeLine(log: Log, line: Line, startedAt: number): void {
  const detail = line.limited === true || (line.reason === undefined && line.status === 204);
  if (detail && !log.isLevelEnabled("debug")) return;
  const ms = Math.round((performance.now() - startedAt) * 10) / 10;
  const fields = { ...line, id: line.id ?? randomUUID(), ms };
  // What was accepted is logged again with its hint; a second line would cost throughput and disk.
  if (detail) log.debug(fields, "hook");
  else if (line.reason !== undefined) log.warn(fields, "hook");
  else log.info(fields, "hook");
}
