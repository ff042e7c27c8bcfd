import { randomBytes } from "node:crypto";

/** An answer the API gives instead of a result; thrown by routes and turned into Okta's error body by the server. */
export class OktaApiFault extends Error {
  readonly status: number;
  readonly errorCode: string;
  readonly causes: string[];
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    errorCode: string,
    summary: string,
    causes: string[] = [],
    headers: Record<string, string> = {},
  ) {
    super(summary, causes.length > 0 ? { cause: causes } : undefined);
    this.status = status;
    this.errorCode = errorCode;
    this.causes = causes;
    this.headers = headers;
  }

  body(): unknown {
    return {
      errorCode: this.errorCode,
      errorSummary: this.message,
      errorLink: this.errorCode,
      errorId: `oae${randomBytes(13).toString("base64url").slice(0, 17)}`,
      errorCauses: this.causes.map((errorSummary) => ({ errorSummary })),
    };
  }
}

export function invalidToken(): OktaApiFault {
  return new OktaApiFault(401, "E0000011", "Invalid token provided");
}

export function notFound(id: string, kind: string): OktaApiFault {
  return new OktaApiFault(404, "E0000007", `Not found: Resource not found: ${id} (${kind})`);
}

export function methodNotAllowed(): OktaApiFault {
  return new OktaApiFault(405, "E0000022", "The endpoint does not support the provided HTTP method");
}

export function validationFailed(what: string, cause: string): OktaApiFault {
  return new OktaApiFault(400, "E0000001", `Api validation failed: ${what}`, [`${what}: ${cause}`]);
}

export function tooManyRequests(headers: Record<string, string>): OktaApiFault {
  return new OktaApiFault(429, "E0000047", "API call exceeded rate limit due to too many requests.", [], headers);
}

/** Something Okta has and this emulator has not: loud, so that no test passes because a parameter was ignored. */
export function notEmulated(what: string): OktaApiFault {
  return new OktaApiFault(501, "E0000060", `This emulator does not know ${what}`);
}
