interface Remedy {
  /** Part of the server's text; texts change in punctuation between versions. */
  text: RegExp;
  remedy: string;
}

const SEATS =
  "Add seats to the organization in Bitwarden (or raise its seat limit), or revoke members who no longer need one.";
const BILLING = "Put the organization's subscription and payment method in order in Bitwarden's billing pages.";
const OWNER = "Confirm at least one other owner of the organization in Bitwarden.";
const POLICY = "The person must first comply with the organization's policy; then the bridge restores them.";
const PLAN =
  "Choose a Bitwarden plan that has this feature, or switch it off for this connection in the configuration.";

/** What Bitwarden says when it refuses (bitwarden/server, v2026.8.0), and what a person can do about it. */
const REMEDIES: Remedy[] = [
  {
    text: /seat limit has been reached.*provider|contact your provider/i,
    remedy: "Ask your Bitwarden provider to add seats.",
  },
  { text: /seat limit has been reached|does not allow additional seats/i, remedy: SEATS },
  {
    text: /cannot auto ?scale (on )?self-host/i,
    remedy:
      "The licence of the self-hosted server has no free seat: buy seats and upload the new licence, or revoke members.",
  },
  { text: /no payment method|no subscription found|active subscription|plan could not be found/i, remedy: BILLING },
  { text: /cannot use directory syncing|cannot use groups/i, remedy: PLAN },
  { text: /must be on an enterprise plan/i, remedy: PLAN },
  { text: /at least one confirmed owner/i, remedy: OWNER },
  { text: /not compliant|two-step login|single organization|another organization/i, remedy: POLICY },
  { text: /cannot import this much data/i, remedy: "Set `largeImport: true` for this connection." },
  {
    text: /user invalid/i,
    remedy: "Only an open invitation can be sent again; look at the member's status in Bitwarden.",
  },
  {
    text: /mutually exclusive/i,
    remedy: "Correct the member's collection access in Bitwarden: `manage` excludes `read only` and `hide passwords`.",
  },
  {
    text: /failed to invite|contact support/i,
    remedy: "Look at the Bitwarden server's mail and billing settings, then try again.",
  },
  {
    text: /model state is invalid|field is required|maximum length|valid e-mail|supported e-mail/i,
    remedy: "Correct the named value in the directory, or exclude the record with a filter.",
  },
];

/** The sentence for the administrator that fits the server's text. */
export function remedyFor(text: string): string {
  const known = REMEDIES.find((entry) => entry.text.test(text));
  return known?.remedy ?? "Bitwarden refused this; correct what its message names, then retry the operation.";
}

/** Whether the server refused because nobody more fits into the organization. */
export function isAboutSeats(text: string): boolean {
  return /seat limit has been reached|does not allow additional seats|cannot auto ?scale (on )?self-host/i.test(text);
}
