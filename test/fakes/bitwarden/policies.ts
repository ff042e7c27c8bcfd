import { badRule, listOf, notFound, ok, type Answer } from "./answers.ts";
import type { BodyRule } from "./binding.ts";
import type { Call, Route } from "./call.ts";
import type { ModelErrors } from "./model-errors.ts";
import { ACCEPTED, CONFIRMED, CUSTOM, EVENT, USER, type Member, type Policy } from "./model.ts";
import { isObject, modelOf } from "./shape.ts";
import type { World } from "./world.ts";

const POLICY: BodyRule = { shape: modelOf({ enabled: "maybeFlag", data: "map", metadata: "map" }) };
const TWO_FACTOR = 0;
const SINGLE_ORGANIZATION = 3;
const CLAIMED_DOMAINS = 19;
const LAST_TYPE = 22;
/** Policies that need "single organization" first, with the names the vendor's texts use. */
const DEPENDENT = new Map([
  [4, "Require single sign-on authentication"],
  [8, "Account recovery administration"],
  [9, "Vault timeout"],
  [16, "URI match defaults"],
  [18, "Automatically confirm invited users"],
  [20, "Vault banner message"],
]);

export const policyRoutes: Route[] = [
  { method: "GET", path: "/public/policies", handle: ({ world }) => listOf([...world.policies.values()].map(present)) },
  { method: "GET", path: "/public/policies/{id}", id: "policy type", handle: show },
  { method: "PUT", path: "/public/policies/{id}", id: "policy type", body: POLICY, handle: save },
];

/** The number of a policy in a path; notes what is wrong with it. */
export function parsePolicyType(text: string, errors: ModelErrors): string {
  const isNumber = /^\d{1,9}$/.test(text);
  if (isNumber && Number(text) <= LAST_TYPE) return String(Number(text));
  errors.add("type", `The value '${text}' is ${isNumber ? "invalid" : "not valid"}.`);
  return "";
}

function present({ id, type, enabled, data }: Policy): object {
  return { object: "policy", id, type, enabled, data };
}

function show({ world, id }: Call): Answer {
  const policy = world.policies.get(Number(id));
  if (policy === undefined) throw notFound();
  return ok(present(policy));
}

function save(call: Call): Answer {
  const fields = call.fields();
  const enabled = fields.flag("enabled", { required: true }) ?? false;
  fields.finish();
  const data = fields.raw("data");
  const isEmpty = !isObject(data) || Object.keys(data).length === 0;
  return ok(present(savePolicy(call.world, Number(call.id), enabled, isEmpty ? null : data)));
}

/** Turns a policy on or off with all that follows for members. Throws the 400 of whatever speaks against it. */
export function savePolicy(world: World, type: number, enabled: boolean, data: object | null = null): Policy {
  const wasEnabled = world.isPolicyOn(type);
  if (enabled && !wasEnabled) checkEnabling(world, type);
  if (!enabled && wasEnabled && type === SINGLE_ORGANIZATION) checkNobodyDepends(world);
  if (enabled && !wasEnabled && type === TWO_FACTOR) revokeWithoutSecondStep(world);
  const policy = world.putPolicy({ type, enabled, data });
  world.log(EVENT.policyUpdated, { policyId: policy.id });
  return policy;
}

function checkEnabling(world: World, type: number): void {
  const name = DEPENDENT.get(type);
  if (name !== undefined && !world.isPolicyOn(SINGLE_ORGANIZATION)) {
    throw badRule(`Turn on the Single organization policy because it is required for the ${name} policy.`);
  }
  if (type === CLAIMED_DOMAINS) throw badRule("You must claim at least one domain to turn on this policy");
}

function checkNobodyDepends(world: World): void {
  const names = [...DEPENDENT].filter(([type]) => world.isPolicyOn(type)).map(([, name]) => name);
  if (names.length > 1) throw badRule("Turn off all of the policies that require the Single organization policy.");
  if (names.length === 1) {
    throw badRule(`Turn off the ${names.join("")} policy because it requires the Single organization policy.`);
  }
}

/** Owners, administrators and people who have not joined are spared. */
export function needsSecondStep({ type, account }: Member): boolean {
  return (type === USER || type === CUSTOM) && account?.twoFactor !== true;
}

function revokeWithoutSecondStep(world: World): void {
  const struck = [...world.members.values()].filter(
    (member) => (member.status === ACCEPTED || member.status === CONFIRMED) && needsSecondStep(member),
  );
  if (struck.length === 0) return;
  if (struck.some(({ account }) => account?.hasMasterPassword !== true)) {
    throw badRule(
      "Policy could not be enabled. Non-compliant members will lose access to their accounts. Identify members without two-step login from the policies column in the members page.",
    );
  }
  if (!world.hasConfirmedOwnerExcept(null)) {
    throw badRule("Organization must have at least one confirmed owner.");
  }
  for (const member of struck) {
    world.revokeMember(member);
    world.log(EVENT.revokedWithoutSecondStep, { memberId: member.id });
  }
}
