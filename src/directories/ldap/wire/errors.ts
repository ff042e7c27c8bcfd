import { BridgeError, type ErrorCode, type Retry } from "../../../domain/errors.ts";
import type { LdapResult } from "./decode.ts";

interface Verdict {
  code: ErrorCode;
  retry: Retry;
  remedy: string;
}

const CREDENTIALS = "Check username and password of this connection; the server wants the full DN (or the UPN on AD).";
const ENCRYPT = "Set ssl: true (LDAPS) or startTls: true.";
const LIMITS =
  "Keep pagedSearch on, and let the sync account read everything (OpenLDAP: `limits dn.exact=… size.pr=… size.prtotal=unlimited`).";
const BASE = "Check rootPath, userPath and groupPath, and that the sync account may read them.";

/** LDAP result codes (RFC 4511 appendix A) that mean something to an administrator. */
const VERDICTS: Record<number, Verdict> = {
  3: { code: "DIRECTORY_INCOMPLETE", retry: "later", remedy: "Raise the server's time limit for the sync account." },
  4: { code: "DIRECTORY_INCOMPLETE", retry: "later", remedy: LIMITS },
  8: { code: "DIRECTORY_DENIED", retry: "never", remedy: ENCRYPT },
  10: { code: "DIRECTORY_DENIED", retry: "never", remedy: "Connect to the server that holds this part of the tree." },
  11: { code: "DIRECTORY_INCOMPLETE", retry: "later", remedy: LIMITS },
  12: {
    code: "DIRECTORY_INCOMPLETE",
    retry: "never",
    remedy: "This server cannot page: set pagedSearch: false and let the sync account read without size limit.",
  },
  13: { code: "DIRECTORY_DENIED", retry: "never", remedy: ENCRYPT },
  32: { code: "DIRECTORY_DENIED", retry: "never", remedy: BASE },
  34: { code: "DIRECTORY_DENIED", retry: "never", remedy: `${BASE} A bind name must be a DN (or a UPN on AD).` },
  48: { code: "DIRECTORY_DENIED", retry: "never", remedy: CREDENTIALS },
  49: { code: "DIRECTORY_DENIED", retry: "never", remedy: CREDENTIALS },
  50: { code: "DIRECTORY_DENIED", retry: "never", remedy: "Give the sync account read access to the search bases." },
  51: { code: "DIRECTORY_UNREACHABLE", retry: "later", remedy: "The server is busy; the bridge tries again." },
  52: { code: "DIRECTORY_UNREACHABLE", retry: "later", remedy: "The server is unavailable; the bridge tries again." },
};
const OTHERWISE: Verdict = {
  code: "DIRECTORY_UNREADABLE",
  retry: "later",
  remedy: "Look up the result code in the log of the directory server.",
};

/** What Windows says in the text of a refused bind (`… data 52e, v…`). */
const AD_REFUSALS: Record<string, string> = {
  "525": "no such user",
  "52e": "wrong user name or password",
  "530": "not allowed to log on at this time",
  "531": "not allowed to log on from this machine",
  "532": "the password has expired",
  "533": "the account is disabled",
  "701": "the account has expired",
  "773": "the password must be changed first",
  "775": "the account is locked",
};

/** The error for an LDAP result other than success. `doing` names the request, e.g. `bind as cn=sync`. */
export function resultError(result: LdapResult, doing: string): BridgeError {
  const verdict = VERDICTS[result.code] ?? OTHERWISE;
  const refusal = AD_REFUSALS[/\bdata ([0-9a-f]{3})\b/.exec(result.message)?.[1] ?? ""];
  const details = [refusal, result.message.slice(0, 300), ...result.referrals].filter(Boolean).join("; ");
  return new BridgeError({
    ...verdict,
    side: "directory",
    message: `${doing}: LDAP result ${String(result.code)}${details === "" ? "" : ` (${details})`}`,
    status: result.code,
  });
}

const TLS_CA = "Give the CA that signed the server's certificate: sslCaPath for LDAPS, tlsCaPath for StartTLS.";

/** The error for a connection that could not be made or broke. */
export function connectionError(server: string, cause: unknown): BridgeError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const name = code === "ERR_TLS_CERT_ALTNAME_INVALID";
  const certificate = name || /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|INVALID_CA)/.test(code);
  return new BridgeError({
    code: "DIRECTORY_UNREACHABLE",
    side: "directory",
    message: `${server}: ${message}`,
    remedy: certificate
      ? name
        ? "Use the host name that is in the server's certificate."
        : TLS_CA
      : "Check hostname, port, ssl and startTls, and that the server is up and reachable from here.",
    retry: certificate ? "never" : "later",
    cause,
  });
}

/** The answer is not whole; nothing may be concluded from what is missing in it. */
export function incomplete(message: string, remedy: string, retry: Retry = "later"): BridgeError {
  return new BridgeError({ code: "DIRECTORY_INCOMPLETE", side: "directory", message, remedy, retry });
}

export function unreadable(message: string, remedy: string): BridgeError {
  return new BridgeError({ code: "DIRECTORY_UNREADABLE", side: "directory", message, remedy, retry: "never" });
}

export function invalidConfig(connection: string, message: string, remedy: string): BridgeError {
  return new BridgeError({
    code: "CONFIG_INVALID",
    side: "configuration",
    subject: connection,
    message,
    remedy,
    retry: "never",
  });
}
