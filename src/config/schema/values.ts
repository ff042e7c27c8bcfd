import { isIP } from "node:net";
import { z } from "zod";

/** The address of one listener. */
export interface ListenAddress {
  host: string;
  /** 0 lets the operating system choose. */
  port: number;
}

/** Names of organizations and connections: they become path segments, metric labels and row keys. */
export function nameSchema(): z.ZodString {
  return z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]{0,40}$/,
      "must be 1 to 41 lower-case letters, digits or hyphens, not starting with a hyphen",
    );
}

/** A text of one line that is not empty. */
export function textSchema(): z.ZodString {
  return z
    .string()
    .trim()
    .min(1)
    .max(4096)
    .regex(/^\P{Cc}*$/u, "must be one line without control characters");
}

/** A file path; relative ones start at the folder of the configuration file. */
export function pathSchema(): z.ZodString {
  return z
    .string()
    .min(1)
    .max(4096)
    .refine((path) => !path.includes("\0"), "must not contain a null character")
    .meta({ path: true, kind: "path" });
}

export function emailSchema(): z.ZodString {
  return z
    .string()
    .trim()
    .toLowerCase()
    .max(256)
    .regex(/^[^\s@]+@[^\s@]+$/, "must be an e-mail address");
}

/** The name of an HTTP header (RFC 9110 §5.6.2, token). */
export function headerSchema(): z.ZodString {
  return z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, "must be the name of an HTTP header");
}

/** True for the names and addresses of this machine itself. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return bare === "localhost" || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
}

function urlProblem(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return "must be a URL such as https://vault.example.com";
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    return "must be an https URL (http only to loopback)";
  }
  if (url.username !== "" || url.password !== "") return "must not contain a user name or password";
  if (/[?#]/.test(text)) return "must not contain a query or a fragment";
  return undefined;
}

/** A URL that credentials may be sent to; stored without a slash at its end. */
export function urlSchema(): z.ZodString {
  return z
    .string()
    .trim()
    .max(2048)
    .superRefine((text, context) => {
      const problem = urlProblem(text);
      if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
    })
    .overwrite((text) => text.replace(/\/+$/, ""))
    .meta({ kind: "URL" });
}

function parseAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) return undefined;
  return match?.[1] !== undefined && isIP(host) !== 6 ? undefined : { host, port };
}

/** `host:port`, with IPv6 addresses in brackets. */
export function addressText(address: ListenAddress): string {
  return isIP(address.host) === 6 ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

export function addressSchema() {
  return z.codec(z.string(), z.custom<ListenAddress>(), {
    decode(text, context) {
      const address = parseAddress(text);
      if (address !== undefined) return address;
      const message = "must be host:port, such as 127.0.0.1:8081 or [::1]:8081";
      context.issues.push({ code: "custom", message, input: text });
      return z.NEVER;
    },
    encode: addressText,
  });
}
