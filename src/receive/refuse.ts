import type { Request, Response } from "express";
import { rateLimit } from "express-rate-limit";

/** Tells whether this address has been refused too often; asking counts as one refusal. */
export type RefusalLimit = (request: Request, response: Response) => Promise<boolean>;

const WINDOW_MS = 60_000;

/**
 * Only requests that are refused anyway come here: Okta never repeats after a 4xx, so limiting senders that have proved
 * themselves would lose their events. What it slows down is guessing, per IPv4 address or IPv6 /56.
 */
export function refusalLimit(perMinute: number): RefusalLimit {
  const limiter = rateLimit({
    windowMs: WINDOW_MS,
    limit: perMinute,
    standardHeaders: false,
    legacyHeaders: false,
    // Its checks print to the console when a stranger sends X-Forwarded-For; how many proxies to trust is configured.
    validate: false,
    handler: () => undefined,
  });
  return async (request, response) => {
    let within = false;
    await limiter(request, response, () => {
      within = true;
    });
    return !within;
  };
}

/**
 * Answers a request that is not accepted. The connection ends with it: what may still come of its body is not worth
 * reading.
 */
export function refuse(response: Response, status: number): void {
  response.set("Connection", "close").status(status).end();
}

export function refuseTooMany(response: Response): void {
  response.set("Retry-After", String(WINDOW_MS / 1000));
  refuse(response, 429);
}
