import { z } from "zod";
import { CONFIRMED, INVITED, OWNER, REVOKED } from "../../fakes/bitwarden/model.ts";
import type { FakeBitwarden } from "../../fakes/bitwarden/server.ts";

const member = z.object({ member: z.string() });
const joining = member.extend({ email: z.string().exactOptional(), masterPassword: z.boolean().exactOptional() });
const newCollection = z.object({ externalId: z.string().exactOptional(), myItemsOf: z.string().exactOptional() });
const entitlements = z.object({
  seats: z.number().nullable().exactOptional(),
  maxAutoscaleSeats: z.number().nullable().exactOptional(),
  useGroups: z.boolean().exactOptional(),
  useDirectory: z.boolean().exactOptional(),
  useEvents: z.boolean().exactOptional(),
  useCustomPermissions: z.boolean().exactOptional(),
});

type Act = (bitwarden: FakeBitwarden, input: unknown) => unknown;

/** What an administrator or a client does outside the Public API. It leaves no event behind. */
const ACTS: Record<string, Act> = {
  accept: (bitwarden, input) => {
    accept(bitwarden, joining.parse(input));
  },
  confirm(bitwarden, input) {
    const facts = joining.parse(input);
    if (bitwarden.admin.member(facts.member).account === null) accept(bitwarden, facts);
    bitwarden.state.changeMember(bitwarden.admin.member(facts.member), { status: CONFIRMED, hasKey: true });
  },
  changeEmail({ state, admin }, input) {
    const { member: ref, email } = member.extend({ email: z.string() }).parse(input);
    const { account } = admin.member(ref);
    if (account === null) throw new Error("a person without an account has no e-mail to change");
    state.changeMember(admin.member(ref), { account: { ...account, email } });
  },
  collection({ state, admin }, input) {
    const { externalId = null, myItemsOf } = newCollection.parse(input);
    const { id } = admin.createCollection({ externalId, kind: myItemsOf === undefined ? "shared" : "my-items" });
    if (myItemsOf !== undefined) {
      const holder = admin.member(myItemsOf);
      const access = { id, readOnly: false, hidePasswords: false, manage: true };
      state.changeMember(holder, { collections: [...holder.collections, access] });
    }
    return { id };
  },
  myItems({ state, admin }, input) {
    const { collections } = admin.member(member.parse(input).member);
    return { count: collections.filter(({ id }) => state.collections.get(id)?.kind === "my-items").length };
  },
  foreignOrganization({ state }) {
    const ids = { group: crypto.randomUUID(), member: crypto.randomUUID() };
    state.foreignGroups.add(ids.group);
    return ids;
  },
  ownerGone({ state }) {
    const owner = [...state.members.values()].find(({ type, status }) => type === OWNER && status === CONFIRMED);
    if (owner !== undefined) state.changeMember(owner, { status: REVOKED });
  },
  disableOrganization: ({ admin }) => {
    admin.disableOrganization();
  },
  enableOrganization: ({ admin }) => {
    admin.enableOrganization();
  },
  organization({ state }, input) {
    const { paymentMethod } = z.object({ paymentMethod: z.boolean().exactOptional() }).parse(input);
    Object.assign(state.organization, entitlements.parse(input));
    if (paymentMethod !== undefined) state.organization.hasPayment = paymentMethod;
  },
  seats: ({ state }) => ({ seats: state.organization.seats }),
  mails({ state }) {
    const invited = state.outbox.filter(({ kind }) => kind !== "seats-bought").map(({ to }) => to);
    state.outbox.length = 0;
    return { invited: invited.sort() };
  },
};

/** Does `input.act` and answers what it shows; null for most. Throws for an act that is not known. */
export function perform(bitwarden: FakeBitwarden, input: unknown): unknown {
  const { act } = z.object({ act: z.string() }).parse(input);
  const known = Object.hasOwn(ACTS, act) ? ACTS[act] : undefined;
  if (known === undefined) throw new Error(`the replayer does not know the act ${act}`);
  return known(bitwarden, input) ?? null;
}

/** Makes the person's account: status 1. */
function accept(
  { admin, state }: FakeBitwarden,
  { member: ref, email, masterPassword }: z.infer<typeof joining>,
): void {
  state.changeMember(admin.member(ref), { status: INVITED });
  admin.acceptMember(ref, {
    hasMasterPassword: masterPassword ?? true,
    ...(email === undefined ? {} : { email }),
  });
}
