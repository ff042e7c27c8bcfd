import { badInvite, badRule } from "./answers.ts";
import type { World } from "./world.ts";

const CANCELLED = "You do not have an active subscription. Reinstate your subscription to make changes.";
const CAP_REACHED = "Seat limit has been reached.";

/** How many seats must be bought so that `more` people fit; zero or less when they do. */
export function missingSeats(world: World, more: number): number {
  const { seats } = world.organization;
  return seats === null ? 0 : world.occupiedSeats + more - seats;
}

/** First half of the check: may the organization grow at all? A text when not. */
function scaleRefusal(world: World, missing: number, texts: { selfHosted: string; provider: string }): string | null {
  const { hosted, managedByProvider, subscriptionCancelled, seats, maxAutoscaleSeats } = world.organization;
  if (hosted === "self") return texts.selfHosted;
  if (managedByProvider) return texts.provider;
  if (subscriptionCancelled) return CANCELLED;
  return maxAutoscaleSeats !== null && (seats ?? 0) + missing > maxAutoscaleSeats ? CAP_REACHED : null;
}

/** Second half: buys the seats, or says why billing refuses. The first purchase is mailed to the owners. */
function buySeats(world: World, missing: number): string | null {
  const { organization } = world;
  if (organization.plan === "free" || organization.plan === "teams-starter") {
    return "Plan does not allow additional seats.";
  }
  if (!organization.hasPayment) return "No payment method found.";
  organization.seats = (organization.seats ?? 0) + missing;
  world.purchases.push(missing);
  if (world.purchases.length === 1) world.outbox.push({ kind: "seats-bought", to: "owners" });
  return null;
}

/** Seats for one member of `POST /public/members`. */
export function takeSeatForMember(world: World): void {
  takeSeat(world, {
    selfHosted: "Cannot auto scale self-host.",
    provider: "Seat limit has been reached. Please contact your provider to add more seats.",
  });
}

/** Seats for one member who is restored. */
export function takeSeatForRestore(world: World): void {
  takeSeat(world, IMPORT_TEXTS);
}

function takeSeat(world: World, texts: { selfHosted: string; provider: string }): void {
  const missing = missingSeats(world, 1);
  if (missing <= 0) return;
  const refusal = scaleRefusal(world, missing, texts) ?? buySeats(world, missing);
  if (refusal !== null) throw badRule(refusal);
}

const IMPORT_TEXTS = {
  selfHosted: "Cannot autoscale on self-hosted instance.",
  provider: "Seat limit has been reached. Contact your provider to purchase additional seats.",
};

/** The import asks before it inserts, with a plain message ... */
export function requireScalable(world: World, missing: number): void {
  const refusal = missing > 0 ? scaleRefusal(world, missing, IMPORT_TEXTS) : null;
  if (refusal !== null) throw badRule(refusal);
}

/** ... and buys after it inserted, with the other shape of error. */
export function buySeatsForImport(world: World, missing: number): void {
  const refusal = missing > 0 ? buySeats(world, missing) : null;
  if (refusal !== null) throw badInvite(refusal);
}

/** Puts the seat count back after an invitation failed behind the purchase. */
export function refundSeats(world: World, seatsBefore: number | null): void {
  if (world.organization.seats === seatsBefore) return;
  world.organization.seats = seatsBefore;
  world.purchases.pop();
}
