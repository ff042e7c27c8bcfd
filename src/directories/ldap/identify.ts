import type { DirectoryIdentity } from "../directory.ts";
import { serverUrl } from "./wire/connection.ts";
import { parseFilter } from "./wire/filter.ts";
import type { Access, Session } from "./wire/session.ts";

/** supportedControl and supportedCapabilities OIDs worth showing (RFC 2696, RFC 4533, MS-ADTS 3.1.1.3.4). */
const FEATURES: Record<string, string> = {
  "1.2.840.113556.1.4.800": "Active Directory",
  "1.2.840.113556.1.4.319": "paged results",
  "1.2.840.113556.1.4.528": "change notification",
  "1.3.6.1.4.1.4203.1.9.1.1": "content synchronization (RFC 4533)",
  "2.16.840.1.113730.3.4.3": "persistent search",
};
const ROOT_DSE = ["vendorName", "vendorVersion", "dnsHostName", "supportedControl", "supportedCapabilities"];

/** Who answers, and what it can do, from the rootDSE; the session has already proved the bind and the bases. */
export async function identify(session: Session, access: Access, signal: AbortSignal): Promise<DirectoryIdentity> {
  const rootDse = await session.entry("", parseFilter("(objectClass=*)"), ROOT_DSE, signal);
  const values = (name: string): string[] => rootDse?.attributes.get(name) ?? [];
  const vendor = [...values("vendorname"), ...values("vendorversion"), ...values("dnshostname")].join(" ");
  const encryption = { ldaps: "LDAPS", starttls: "StartTLS", plain: "plain text" }[access.transport.security];
  const oids = [...values("supportedcapabilities"), ...values("supportedcontrol")];
  return {
    account: access.username,
    server: `${serverUrl(access.transport)}${vendor === "" ? "" : ` (${vendor})`}`,
    capabilities: [
      encryption,
      ...(access.transport.allowUnauthorized && encryption !== "plain text" ? ["certificate not verified"] : []),
      ...oids.flatMap((oid) => FEATURES[oid] ?? []),
      ...session.layout.bases.map((base) => `reads ${base}`),
      `immutable id ${session.keyAttribute}`,
    ],
  };
}
