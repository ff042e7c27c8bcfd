/** Something an administrator should know and the bridge does not change by itself. */
export interface Notice {
  kind: "user" | "group";
  /** Qualified, like the keys of people and groups; `bitwarden/<id>` for an object that no directory knows. */
  key: string;
  code: NoticeCode;
  label: string;
  text: string;
}

/** One notice in words: what is so, and what the administrator can do. */
interface Words {
  code: NoticeCode;
  text: string;
}

export type NoticeCode =
  | "removed-by-hand"
  | "revoked-by-hand"
  | "external-id-changed"
  | "email-differs"
  | "protected-leaver"
  | "leaver-reported"
  | "no-email"
  | "bad-email"
  | "bad-external-id"
  | "duplicate-email"
  | "email-of-another-member"
  | "duplicate-external-id"
  | "external-id-of-a-leaver"
  | "unmanaged-leaver"
  | "unclaimed"
  | "unknown-external-id"
  | "import-poisoned"
  | "to-be-adopted"
  | "members-unreadable"
  | "bad-group-name"
  | "same-name-unmanaged";

/** The directory says gone, Bitwarden says active: never "in step" while there is one of these. */
export const STILL_ACTIVE: ReadonlySet<NoticeCode> = new Set([
  "protected-leaver",
  "leaver-reported",
  "unmanaged-leaver",
  "unclaimed",
  "unknown-external-id",
]);

/** Bitwarden cannot work as it should until a person has put this right: never a success while there is one. */
export const BROKEN: ReadonlySet<NoticeCode> = new Set(["import-poisoned", "members-unreadable"]);

export const removedByHand: Words = {
  code: "removed-by-hand",
  text: "Was removed from Bitwarden by hand; the bridge does not invite again by itself. Invite again by hand to have the person managed again.",
};

export const groupRemovedByHand: Words = {
  code: "removed-by-hand",
  text: "Was deleted in Bitwarden by hand; the bridge does not create it again by itself.",
};

export const revokedByHand: Words = {
  code: "revoked-by-hand",
  text: "Was revoked in Bitwarden by hand; the bridge restores only what it revoked itself. Restore by hand if that is right.",
};

export function externalIdChanged(what: "person" | "group", live: string, ours: string): Words {
  const text = `The external id was changed in Bitwarden to ${live}; set it back to ${ours} or let the other tool manage this ${what}.`;
  return { code: "external-id-changed", text };
}

export function emailDiffers(directory: string, bitwarden: string): Words {
  const text = `The directory says ${directory}, Bitwarden says ${bitwarden}; the member stays. Bitwarden e-mail addresses can only be changed by the user or an admin.`;
  return { code: "email-differs", text };
}

export function protectedLeaver(why: string): Words {
  const text = `${sentence(why)}, but is an owner, an admin, has a custom role or is protected: revoke by hand if that is right.`;
  return { code: "protected-leaver", text };
}

export function leaverReported(why: string): Words {
  return { code: "leaver-reported", text: `${sentence(why)}; the configuration says report only, the access stays.` };
}

export const noEmail: Words = {
  code: "no-email",
  text: "Has no e-mail address in the directory, so cannot be invited.",
};

export const badEmail: Words = {
  code: "bad-email",
  text: "The e-mail address is not one that Bitwarden accepts (one @, at most 256 characters, no spaces or control characters); correct it in the directory.",
};

export const badExternalId: Words = {
  code: "bad-external-id",
  text: "The external id is longer than the 300 characters that Bitwarden stores; shorten the name or move the entry in the directory.",
};

export const duplicateEmail: Words = {
  code: "duplicate-email",
  text: "Several active directory users have this address; give each their own, none of them is invited until then.",
};

export function emailOfAnotherMember(externalId: string | null): Words {
  const text = `The address belongs to a Bitwarden member with the external id ${externalId ?? "(none)"}; clear that id to let this bridge take over.`;
  return { code: "email-of-another-member", text };
}

export function duplicateExternalId(count: number, what: "members" | "groups", externalId: string): Words {
  const text = `${String(count)} ${what} of Bitwarden carry the external id ${externalId}; clear it on all but one.`;
  return { code: "duplicate-external-id", text };
}

export function externalIdOfAnActive(what: "user" | "group", externalId: string): Words {
  const text = `Another active ${what} of the directory has the external id ${externalId}; correct the directory.`;
  return { code: "duplicate-external-id", text };
}

export function externalIdOfALeaver(externalId: string, email: string): Words {
  const text = `Has the external id ${externalId} of ${email}, who left: clear the external id of that Bitwarden member to let the new person be invited.`;
  return { code: "external-id-of-a-leaver", text };
}

export function unmanagedLeaver(why: string): Words {
  const text = `${sentence(why)}, but a Bitwarden member of that address or external id has access and is not managed by this bridge: revoke by hand if that is right.`;
  return { code: "unmanaged-leaver", text };
}

export function unclaimed(connection: string, isConfigured: boolean): Words {
  const text = isConfigured
    ? `Came from the connection ${connection}, whose directory does not know this person any more, and did not say that they left (as after a reset): nothing is changed. Revoke by hand if that is right.`
    : `Came from the connection ${connection}, which does not feed this organization any more: nothing is changed. Configure it again, or revoke by hand if that is right.`;
  return { code: "unclaimed", text };
}

export function unknownExternalId(externalId: string): Words {
  const text = `Carries the external id ${externalId}, which no directory of this organization knows: revoke by hand, or clear the external id if the member is meant to stay.`;
  return { code: "unknown-external-id", text };
}

export function importPoisoned(what: string, remedy: string): Words {
  const text = `${what}: every import of Bitwarden fails until one of them is changed; the bridge goes round it one by one. ${remedy}`;
  return { code: "import-poisoned", text };
}

export const membersUnreadable: Words = {
  code: "members-unreadable",
  text: "Bitwarden cannot list the members of this group: what was changed there by hand is not seen. Look at the log of the Bitwarden server; the bridge asks again at the next reconciliation.",
};

export const toBeAdopted: Words = {
  code: "to-be-adopted",
  text: "Is in Bitwarden already with the external id of the directory, and is managed by the bridge once the first plan is approved.",
};

export function badGroupName(longest: number): Words {
  const text = `Bitwarden takes group names of 1 to ${String(longest)} characters; shorten it in the directory.`;
  return { code: "bad-group-name", text };
}

export const sameNameUnmanaged: Words = {
  code: "same-name-unmanaged",
  text: "A group of this name already exists in Bitwarden without our external id; a second one is created, as Directory Connector does.",
};

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
