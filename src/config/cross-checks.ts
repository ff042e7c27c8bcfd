import { z } from "zod";
import { suggest } from "../lib/suggest.ts";
import type { Problem } from "./problems.ts";

const word = z.string().optional().catch(undefined);

/** As much of the file as names things, read past every other mistake, so that all problems come at once. */
const glimpse = z
  .object({
    organizations: z
      .array(
        z
          .object({
            name: word,
            bitwarden: z.object({ clientId: word, region: word, serverUrl: word, apiUrl: word }).catch({}),
          })
          .catch({ bitwarden: {} }),
      )
      .catch([]),
    connections: z.array(z.object({ name: word, organization: word }).catch({})).catch([]),
  })
  .catch({ organizations: [], connections: [] });

type Glimpse = z.output<typeof glimpse>;

/** Calls `report` for every value that was there before, with the index of the first one. */
function repeated(values: (string | undefined)[], report: (index: number, first: number, value: string) => void): void {
  const firsts = new Map<string, number>();
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue;
    const first = firsts.get(value);
    if (first === undefined) firsts.set(value, index);
    else report(index, first, value);
  }
}

function duplicateNames(kind: "organizations" | "connections", entries: { name?: string | undefined }[]): Problem[] {
  const problems: Problem[] = [];
  repeated(
    entries.map((entry) => entry.name),
    (index, first) =>
      problems.push({ path: [kind, index, "name"], message: `is already the name of ${kind}[${first}]` }),
  );
  return problems;
}

/** Two writers for one Bitwarden organization would undo each other. */
function sharedTargets({ organizations }: Glimpse): Problem[] {
  const problems: Problem[] = [];
  const targets = organizations.map(({ bitwarden: { clientId, region, serverUrl, apiUrl } }) =>
    clientId === undefined ? undefined : [clientId.toLowerCase(), region ?? serverUrl ?? apiUrl ?? ""].join(" "),
  );
  repeated(targets, (index, first) => {
    const message = `is the Bitwarden organization of organizations[${first}]: each has one writer`;
    problems.push({ path: ["organizations", index, "bitwarden", "clientId"], message });
  });
  return problems;
}

function wrongOrganizations({ organizations, connections }: Glimpse): Problem[] {
  const problems: Problem[] = [];
  const known = organizations.flatMap(({ name }) => name ?? []);
  const wanted = connections.map(({ organization }) => organization);
  for (const [index, name] of wanted.entries()) {
    if (name === undefined || known.includes(name)) continue;
    const meant = suggest(name, known);
    const message = `names no organization of this file${meant === undefined ? "" : `; did you mean \`${meant}\`?`}`;
    problems.push({ path: ["connections", index, "organization"], message });
  }
  return problems;
}

/** Problems between entries: names, references, shared targets. Takes the file as it was written. */
export function crossProblems(raw: unknown): Problem[] {
  const seen = glimpse.parse(raw);
  return [
    ...duplicateNames("organizations", seen.organizations),
    ...sharedTargets(seen),
    ...duplicateNames("connections", seen.connections),
    ...wrongOrganizations(seen),
  ];
}
