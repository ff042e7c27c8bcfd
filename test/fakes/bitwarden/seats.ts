import { badInvite, badRule } from "./answers.ts";
import type { World } from "./world.ts";

const CANCELLED = "You do not have an active subscription. Reinstate your subscription to make changes";
const CAP_REACHED = "Seat limit has been reached.";
const PLAN_IS_FIXED = "Plan does not allow additional seats.";
const NO_PAYMENT = "No payment method found.";

/** How many seats must be bought so that `more` people fit; zero or less when they do. */
export function missingSeats(world: World, more: number): number {
  const { seats } = world.organization;
  return seats === null ? 0 : world.occupiedSeats + more - seats;
}

function isOverCap({ organization: { seats, maxAutoscaleSeats } }: World, missing: number): boolean {
  return maxAutoscaleSeats !== null && (seats ?? 0) + missing > maxAutoscaleSeats;
}

function isPlanFixed({ organization: { plan } }: World): boolean {
  return plan === "free" || plan === "teams-starter";
}

/** Does nothing when none is missing. The first purchase is mailed to the owners. */
export function buySeats(world: World, missing: number): void {
  if (missing <= 0) return;
  const { organization } = world;
  organization.seats = (organization.seats ?? 0) + missing;
  world.purchases.push(missing);
  if (world.purchases.length === 1) world.outbox.push({ kind: "seats-bought", to: "owners" });
}

/** How many seats the member of `POST /public/members` needs to be bought; throws when they cannot be. */
export function seatsForMember(world: World): number {
  const missing = missingSeats(world, 1);
  const refusal = missing > 0 ? refusalForMember(world, missing) : null;
  if (refusal !== null) throw badRule(refusal);
  return missing;
}

function refusalForMember(world: World, missing: number): string | null {
  const { hosted, managedByProvider, hasPayment, subscriptionCancelled } = world.organization;
  if (hosted === "self") return "Cannot auto scale self-host.";
  if (isOverCap(world, missing)) return CAP_REACHED;
  if (isPlanFixed(world)) return PLAN_IS_FIXED;
  if (managedByProvider) return "Seat limit has been reached. Please contact your provider to add more seats.";
  if (!hasPayment) return NO_PAYMENT;
  return subscriptionCancelled ? `${CANCELLED}.` : null;
}

/** A seat for a member who is restored: one is bought, even where more are missing. */
export function takeSeatForRestore(world: World): void {
  if (missingSeats(world, 1) <= 0) return;
  const refusal = scaleRefusal(world, 1) ?? purchaseRefusal(world);
  if (refusal !== null) throw badRule(refusal);
  buySeats(world, 1);
}

/** First half of the check: may the organization grow at all? A text when not. */
function scaleRefusal(world: World, missing: number): string | null {
  const { hosted, managedByProvider, subscriptionCancelled } = world.organization;
  if (hosted === "self") return "Cannot autoscale on self-hosted instance.";
  if (managedByProvider) return "Seat limit has been reached. Contact your provider to purchase additional seats.";
  if (subscriptionCancelled) return CANCELLED;
  return isOverCap(world, missing) ? CAP_REACHED : null;
}

/** Second half: why billing refuses; null when it does not. */
function purchaseRefusal(world: World): string | null {
  if (isPlanFixed(world)) return PLAN_IS_FIXED;
  return world.organization.hasPayment ? null : NO_PAYMENT;
}

/** The import asks before it inserts, with a plain message ... */
export function requireScalable(world: World, missing: number): void {
  const refusal = missing > 0 ? scaleRefusal(world, missing) : null;
  if (refusal !== null) throw badRule(refusal);
}

/** ... and buys after it inserted, with the other shape of error. */
export function buySeatsForImport(world: World, missing: number): void {
  if (missing <= 0) return;
  const refusal = purchaseRefusal(world);
  if (refusal !== null) throw badInvite(refusal);
  buySeats(world, missing);
}

/** Puts the seat count back after an invitation failed behind the purchase. */
export function refundSeats(world: World, seatsBefore: number | null): void {
  if (world.organization.seats === seatsBefore) return;
  world.organization.seats = seatsBefore;
  world.purchases.pop();
}
