/** The two bases of one Bitwarden server; paths are appended to them. */
export interface BitwardenUrls {
  api: string;
  identity: string;
}

export const REGIONS = ["us", "eu", "us-gov"] as const;
type Region = (typeof REGIONS)[number];

/** Bitwarden's clouds (https://bitwarden.com/help/server-geographies/). */
const CLOUD_DOMAINS: Record<Region, string> = {
  us: "bitwarden.com",
  eu: "bitwarden.eu",
  "us-gov": "bitwarden-gov.com",
};

/** How the administrator named the server; exactly one of the three ways. */
export interface ServerWords {
  region?: Region | undefined;
  serverUrl?: string | undefined;
  apiUrl?: string | undefined;
  identityUrl?: string | undefined;
}

/** The cloud that a URL belongs to, whichever of its hosts is named (vault, api, identity, or the bare domain). */
function cloudOf(url: string): Region | undefined {
  const host = URL.parse(url)?.hostname.toLowerCase().replace(/\.$/, "");
  const named = host?.replace(/^(vault|api|identity|www)\./, "");
  return REGIONS.find((region) => CLOUD_DOMAINS[region] === named);
}

function cloudUrls(region: Region): BitwardenUrls {
  return { api: `https://api.${CLOUD_DOMAINS[region]}`, identity: `https://identity.${CLOUD_DOMAINS[region]}` };
}

/** Why the words do not name one server; undefined when they do. */
export function serverProblem(words: ServerWords): { key: keyof ServerWords; message: string } | undefined {
  const { region, serverUrl, apiUrl, identityUrl } = words;
  if (apiUrl !== undefined && identityUrl === undefined)
    return { key: "identityUrl", message: "is required beside apiUrl" };
  if (identityUrl !== undefined && apiUrl === undefined)
    return { key: "apiUrl", message: "is required beside identityUrl" };
  const ways = [region, serverUrl, apiUrl].filter((way) => way !== undefined).length;
  if (ways !== 1) {
    return {
      key: "region",
      message: "name the server in exactly one way: region, serverUrl, or apiUrl and identityUrl",
    };
  }
  if (apiUrl === undefined || identityUrl === undefined || cloudOf(apiUrl) === cloudOf(identityUrl)) return undefined;
  return { key: "identityUrl", message: "must belong to the same server as apiUrl" };
}

/**
 * Where to send requests. A known cloud URL, in whatever form it was copied from a browser, means that cloud; any
 * other `serverUrl` is a self-hosted server with its API under `/api` and `/identity`. Words with a
 * `serverProblem` give a meaningless answer.
 */
export function resolveServer(words: ServerWords): { urls: BitwardenUrls; cloud: boolean } {
  const named = words.serverUrl ?? words.apiUrl ?? "";
  const region = words.region ?? cloudOf(named);
  if (region !== undefined) return { urls: cloudUrls(region), cloud: true };
  if (words.serverUrl !== undefined) {
    return { urls: { api: `${words.serverUrl}/api`, identity: `${words.serverUrl}/identity` }, cloud: false };
  }
  return { urls: { api: words.apiUrl ?? "", identity: words.identityUrl ?? "" }, cloud: false };
}
