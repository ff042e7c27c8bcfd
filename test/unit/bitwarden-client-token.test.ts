import { describe, expect, test, vi } from "vitest";

import { clientOf, failureOf, MEMBER_ID, member, SECRET, startScript } from "./bitwarden-client-fixture.ts";

describe("the access token", () => {
  test("is asked for once by many calls at once, with the form that Bitwarden and Vaultwarden need", async () => {
    await using server = await startScript(() => ({ body: member() }));
    await using client = clientOf(server);

    await Promise.all(Array.from({ length: 10 }, () => client.getMember(MEMBER_ID, "normal")));

    expect(server.tokensAsked()).toBe(1);
    const asked = server.seen[0];
    expect(asked?.path).toBe("/identity/connect/token");
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toStrictEqual({
      grant_type: "client_credentials",
      scope: "api.organization",
      client_id: "organization.00000000-0000-4000-8000-000000000000",
      client_secret: SECRET,
      deviceType: "22",
      deviceIdentifier: "7d1e3c1e-7f0b-4a7c-9a53-111111111111",
      deviceName: "bitwarden-directory-bridge",
    });
    expect(server.calls().map((call) => call.headers.authorization)).toStrictEqual(Array(10).fill("Bearer token-1"));
  });

  test("is renewed at 80 % of its lifetime and not before", async () => {
    await using server = await startScript(() => ({ body: member() }));
    await using client = clientOf(server);
    const now = vi.spyOn(performance, "now");
    const startMs = performance.now();

    await client.getMember(MEMBER_ID, "normal");
    now.mockImplementation(() => startMs + 0.79 * 3_600_000);
    await client.getMember(MEMBER_ID, "normal");
    now.mockImplementation(() => startMs + 0.81 * 3_600_000);
    await client.getMember(MEMBER_ID, "normal");
    now.mockRestore();

    expect(server.calls().map((call) => call.headers.authorization)).toStrictEqual([
      "Bearer token-1",
      "Bearer token-1",
      "Bearer token-2",
    ]);
  });

  test("that the API no longer accepts is renewed once and the call repeated once", async () => {
    await using server = await startScript((seen) =>
      seen.headers.authorization === "Bearer token-1" ? { status: 401 } : undefined,
    );
    await using client = clientOf(server);

    const revoked = await Promise.all([client.revokeMember(MEMBER_ID), client.revokeMember(MEMBER_ID)]);

    expect(revoked).toStrictEqual(["done", "done"]);
    expect(server.tokensAsked()).toBe(2);
    expect(server.calls()).toHaveLength(4);
  });

  test("that is refused when fresh, too, is a denial and stops the asking", async () => {
    await using server = await startScript(() => ({ status: 401 }));
    await using client = clientOf(server);

    const error = await failureOf(client.revokeMember(MEMBER_ID));
    const next = await failureOf(client.revokeMember(MEMBER_ID));

    expect(error).toMatchObject({ code: "BITWARDEN_DENIED", retry: "never", status: 401 });
    expect(next.code).toBe("BITWARDEN_DENIED");
    expect(server.tokensAsked()).toBe(2);
    expect(server.calls()).toHaveLength(2);
  });

  test("refused with invalid_client is not asked for again until the secret changes", async () => {
    const token = (seen: { body: string }) =>
      seen.body.includes("rotated")
        ? { body: { access_token: "good", expires_in: 3600 } }
        : { status: 400, body: { error: "invalid_client" } };
    await using server = await startScript(() => ({ body: member() }), token);
    let secret = SECRET;
    await using client = clientOf(server, { clientSecret: () => secret });

    const errors = [];
    for (let call = 0; call < 20; call += 1) errors.push(await failureOf(client.getMember(MEMBER_ID, "normal")));
    expect(server.tokensAsked()).toBe(1);
    secret = "rotated";
    const found = await client.getMember(MEMBER_ID, "normal");

    expect(new Set(errors.map((error) => error.code))).toStrictEqual(new Set(["BITWARDEN_DENIED"]));
    expect(errors[0]?.message).toContain("invalid_client");
    expect(errors[0]?.retry).toBe("never");
    expect(found?.id).toBe(MEMBER_ID);
    expect(server.calls()).toHaveLength(1);
  });

  test("is asked for again after ten seconds, then ever later up to five minutes, and at once when told so", async () => {
    await using server = await startScript(
      () => undefined,
      () => ({ status: 400, body: { error: "invalid_client" } }),
    );
    await using client = clientOf(server);
    let nowMs = performance.now();
    const clock = vi.spyOn(performance, "now").mockImplementation(() => nowMs);
    const askedAfter = async (seconds: number): Promise<number> => {
      nowMs += seconds * 1_000;
      await failureOf(client.revokeMember(MEMBER_ID));
      return server.tokensAsked();
    };

    expect(await askedAfter(0)).toBe(1);
    expect(await askedAfter(9)).toBe(1);
    expect(await askedAfter(2)).toBe(2);
    expect(await askedAfter(11)).toBe(2);
    expect(await askedAfter(10)).toBe(3);
    for (let asked = 4; asked <= 8; asked += 1) expect(await askedAfter(301)).toBe(asked);
    expect(await askedAfter(290)).toBe(8);
    client.forgetRefusal();
    expect(await askedAfter(0)).toBe(9);
    expect(await askedAfter(11)).toBe(10);
    clock.mockRestore();
  });

  test("that cannot be had leaves the outcome known: nothing was sent", async () => {
    await using server = await startScript(
      () => undefined,
      () => ({ status: 502, headers: { "content-type": "text/html" }, body: "<html>Bad gateway</html>" }),
    );
    await using client = clientOf(server);

    const error = await failureOf(client.revokeMember(MEMBER_ID));

    expect(error).toMatchObject({ code: "BITWARDEN_UNREACHABLE", retry: "later" });
    expect(server.calls()).toHaveLength(0);
  });

  test("and the secret never appear in an error, even when the server echoes them", async () => {
    await using server = await startScript((seen) => ({
      status: 400,
      body: {
        object: "error",
        message: `you sent ${String(seen.headers.authorization)} and ${SECRET}`,
        errors: { Email: [`${SECRET} token-1`] },
      },
    }));
    await using client = clientOf(server);

    const error = await failureOf(client.revokeMember(MEMBER_ID));

    const everything = JSON.stringify([error.message, error.remedy, error.details, error.stack]);
    expect(everything).not.toContain(SECRET);
    expect(everything).not.toContain("token-1");
    expect(error.message).toContain("you sent Bearer [secret] and [secret]");
  });
});
