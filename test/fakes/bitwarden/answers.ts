/** What the emulator answers, and the refusals of the Public API in the exact shapes of the vendor. */

/** `json: undefined` is an empty body, which is what the Public API sends for most writes. */
export interface Answer {
  status: number;
  json?: unknown;
  headers?: Record<string, string>;
  /** A body that is not JSON, e.g. the HTML page of a proxy. */
  html?: string;
}

/** Thrown by the work behind a route; carries the whole answer. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`refused with ${String(answer.status)}`);
    this.name = "Refusal";
    this.answer = answer;
  }
}

export type ModelErrors = Record<string, string[]>;

function errorAnswer(status: number, message: string, errors: ModelErrors | null = null): Answer {
  return { status, json: { object: "error", message, errors } };
}

export function ok(json?: unknown): Answer {
  return json === undefined ? { status: 200 } : { status: 200, json };
}

export function listOf(data: unknown[]): Answer {
  return ok({ object: "list", data });
}

/** 400 of model validation and of JSON binding. */
export function badModel(errors: ModelErrors): Refusal {
  return new Refusal(errorAnswer(400, "The request's model state is invalid.", errors));
}

/** 400 of a business rule: the text is the message. */
export function badRule(message: string): Refusal {
  return new Refusal(errorAnswer(400, message));
}

/** 400 of a failure inside the import's invite step. */
export function badInvite(...texts: string[]): Refusal {
  return new Refusal(errorAnswer(400, "Errors have occurred.", { "An error has occurred.": texts }));
}

/** 404 of the controllers' own check. */
export function notFound(): Refusal {
  return new Refusal({ status: 404 });
}

/** 404 of deeper checks, such as an unknown group id inside a PUT. */
export function notFoundInside(): Refusal {
  return new Refusal(errorAnswer(404, "Resource not found."));
}

/** 500: what the vendor answers when its code throws. */
export function crash(): Refusal {
  return new Refusal(crashAnswer());
}

export function crashAnswer(): Answer {
  return errorAnswer(500, "An unhandled server error has occurred.");
}

/** The limiter's body has a shape of its own. */
export function throttled(period: string, retryAfterSeconds: number | null): Answer {
  return {
    status: 429,
    json: {
      message: `Slow down! Too many requests. Try again in ${period}.`,
      validationErrors: null,
      exceptionMessage: null,
      exceptionStackTrace: null,
      innerExceptionMessage: null,
      object: "error",
    },
    headers: retryAfterSeconds === null ? {} : { "Retry-After": String(retryAfterSeconds) },
  };
}

/** What a reverse proxy or the service itself answers when it is told to fail with `status`. */
export function failure(status: number): Answer {
  if (status === 401) return { status, headers: { "WWW-Authenticate": "Bearer" } };
  if (status === 429) return throttled("1m", 1);
  if (status === 500) return crashAnswer();
  if (status >= 501) {
    const text = `${String(status)} injected`;
    return { status, html: `<html><head><title>${text}</title></head><body><h1>${text}</h1></body></html>` };
  }
  return status === 403 || status === 404 ? { status } : errorAnswer(status, "An error has occurred.");
}
