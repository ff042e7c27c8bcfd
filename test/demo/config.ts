/** The names of the demo's organization and connection. */
const ORGANIZATION = "acme";
export const CONNECTION = "okta-main";
/** What the emulated Okta puts into the header of its hooks. */
export const HOOK_SECRET = "demo-hook-secret-that-protects-nothing";

/** A configuration as an administrator would write it; only addresses and ports are those of a demo. */
export function configText(oktaUrl: string, bitwardenUrl: string, clientId: string): string {
  return `# The demo's configuration. Nothing in it is secret: both servers are emulated on this machine.
listen: { hooks: "127.0.0.1:0", admin: "127.0.0.1:0" } # 0: any free port
store: { sqlite: ./bridge.db }

organizations:
  - name: ${ORGANIZATION}
    bitwarden:
      serverUrl: ${bitwardenUrl}
      clientId: ${clientId}
      clientSecret: { file: bitwarden-secret }
    firstRun: hold # nothing is written before a person has approved the first plan

connections:
  - name: ${CONNECTION}
    organization: ${ORGANIZATION}
    directory: { type: okta, orgUrl: "${oktaUrl}", token: { file: okta-token } }
    push: { enabled: true, header: Authorization, secrets: [{ file: hook-secret }] }
`;
}
