import { describe, expect, test } from "vitest";

import { failureOf, MEMBER_ID, refusal, sent } from "./bitwarden-client-fixture.ts";

describe("a refusal", () => {
  test.each([
    ["Seat limit has been reached.", /seats/],
    ["Seat limit has been reached. Please contact your provider to add more seats.", /provider/],
    ["Plan does not allow additional seats.", /seats/],
    ["Cannot autoscale on self-hosted instance.", /licence/],
    ["Cannot auto scale self-host.", /licence/],
    ["No payment method found.", /payment/],
    ["You do not have an active subscription. Reinstate your subscription to make changes.", /subscription/],
    ["Organization cannot use directory syncing.", /plan/],
    ["Organization cannot use groups.", /plan/],
    ["Organization must have at least one confirmed owner.", /owner/],
    ["ann@example.com is not compliant with the two-step login policy.", /policy/],
    ["You cannot import this much data at once.", /largeImport/],
    ["Something entirely new.", /correct what its message names/],
  ])("with %j is kept in its words and comes with a remedy", async (message, remedy) => {
    const { result } = await sent(refusal(message), (client) => failureOf(client.restoreMember(MEMBER_ID)));

    expect(result).toMatchObject({ side: "bitwarden", retry: "after", retryAfterMs: 3_600_000, status: 400 });
    expect(result.code).toBe(/seats?\b|scale/i.test(message) ? "BITWARDEN_NO_SEATS" : "BITWARDEN_REFUSED");
    expect(result.message).toContain(message);
    expect(result.remedy).toMatch(remedy);
    expect(result.remedy).toContain("`bwbridge sync`");
  });

  test("that names a value stands until the value is corrected; one that names none is tried again every hour", async () => {
    const named = refusal("The request's model state is invalid.", {
      "Members[3].Email": ["The Email field is wrong."],
    });
    const unnamed = refusal("Errors have occurred.", { "An error has occurred.": ["No payment method found."] });

    const first = await sent(named, (client) => failureOf(client.restoreMember(MEMBER_ID)));
    const second = await sent(unnamed, (client) => failureOf(client.restoreMember(MEMBER_ID)));

    expect(first.result.retry).toBe("never");
    expect(second.result).toMatchObject({ retry: "after", retryAfterMs: 3_600_000 });
  });

  test("with an empty text among 199 prints nothing for it", async () => {
    const { result } = await sent(refusal("Invalid.", { "": [""] }), (client) =>
      failureOf(client.restoreMember(MEMBER_ID)),
    );
    expect(result.message).toMatch(/: Invalid\.$/);
  });

  test("of an import names the records, for people and for programs", async () => {
    const errors = { "Members[3].Email": ["The Email field is not a valid e-mail address."] };

    const { result } = await sent(refusal("The request's model state is invalid.", errors), (client) =>
      failureOf(
        client.importDirectory({ members: [], groups: [], largeImport: true, inviteUsersAfterProvisioning: true }),
      ),
    );

    expect(result.details).toStrictEqual(errors);
    expect(result.message).toContain("Members[3].Email: The Email field is not a valid e-mail address.");
  });

  test("inside an import's invitations gets its remedy from the inner text", async () => {
    const errors = { "An error has occurred.": ["Plan does not allow additional seats."] };

    const { result } = await sent(refusal("Errors have occurred.", errors), (client) =>
      failureOf(client.restoreMember(MEMBER_ID)),
    );

    expect(result.remedy).toMatch(/seats/);
  });

  test("stays small, however much the server says", async () => {
    const errors = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, n) => [`Members[${String(n)}].Email`, ["x".repeat(400)]]),
    );

    const { result } = await sent(refusal("long\u0000\u001b[31m ".repeat(500), errors), (client) =>
      failureOf(client.restoreMember(MEMBER_ID)),
    );

    expect(result.message.length).toBeLessThan(1_200);
    expect(JSON.stringify(result.details ?? {}).length).toBeLessThan(32_000);
    expect(/\p{Cc}/u.test(result.message)).toBe(false);
  });
});
