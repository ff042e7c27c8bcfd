import { expect, test } from "vitest";
import { oktaHookVerifier } from "../../src/directories/okta/verify.ts";
import type { Admission } from "../../src/directories/verified.ts";

const EVENT = { uuid: "a", eventType: "user.lifecycle.create", target: [{ id: "00u1a2b3c4d5e6f7g8h9", type: "User" }] };

function verifier(secrets: readonly string[], header = "Authorization") {
  return oktaHookVerifier({ connection: "okta-main", header, secrets: () => secrets });
}

function admitted(secret = "secret-one"): Admission {
  const admission = verifier([secret]).admit({ authorization: secret });
  if ("refused" in admission) throw new Error(`refused: ${admission.refused}`);
  return admission;
}

test("any one of the secrets admits, whole and exact", () => {
  const two = verifier(["secret-one", "Basic dHdv"]);

  expect(two.admit({ authorization: "secret-one" })).toHaveProperty("read");
  expect(two.admit({ authorization: "Basic dHdv" })).toHaveProperty("read");
  expect(two.admit({ authorization: "Basic secret-one" })).toEqual({ refused: "secret wrong" });
  expect(two.admit({ authorization: "secret-on" })).toEqual({ refused: "secret wrong" });
  expect(two.admit({ authorization: "SECRET-ONE" })).toEqual({ refused: "secret wrong" });
  expect(two.admit({})).toEqual({ refused: "secret missing" });
});

test("the header's name is free and in any case", () => {
  const custom = verifier(["secret-one"], "X-Bridge-Secret");

  expect(custom.admit({ "x-bridge-secret": "secret-one" })).toHaveProperty("read");
  expect(custom.admit({ authorization: "secret-one" })).toEqual({ refused: "secret missing" });
});

test("no secret, an empty one, or a header sent twice admits nobody", () => {
  expect(verifier([]).admit({ authorization: "x" })).toEqual({ refused: "secret wrong" });
  expect(verifier([""]).admit({ authorization: "" })).toEqual({ refused: "secret missing" });
  const twice = verifier(["a"], "set-cookie").admit({ "set-cookie": ["a", "a"] });
  expect(twice).toEqual({ refused: "secret missing" });
});

test("a secret beyond ASCII is compared by the bytes that were sent", () => {
  const asNodeShowsIt = Buffer.from("pässwort-ü", "utf8").toString("latin1");

  expect(verifier(["pässwort-ü"]).admit({ authorization: asNodeShowsIt })).toHaveProperty("read");
});

test("the challenge is echoed as it is; a secret sent along must be right", () => {
  const one = verifier(["secret-one"]);
  const header = { "x-okta-verification-challenge": "abc" };

  expect(one.challenge?.(header)).toEqual({ verification: "abc" });
  expect(one.challenge?.({ ...header, authorization: "secret-one" })).toEqual({ verification: "abc" });
  expect(one.challenge?.({ ...header, authorization: "guess" })).toEqual({ refused: "secret wrong" });
  expect(one.challenge?.({})).toEqual({ refused: "challenge missing" });
  expect(one.challenge?.({ "x-okta-verification-challenge": "a".repeat(1025) })).toEqual({
    refused: "challenge too long",
  });
});

test("a readable body becomes verified events", () => {
  const read = admitted().read(Buffer.from(JSON.stringify({ data: { events: [EVENT, { ...EVENT, uuid: "b" }] } })));

  expect(read).toMatchObject({ unreadable: null, events: [{ id: "a" }, { id: "b" }] });
});

test("every unreadable body is an event of its own, so that a second one is not taken for a repetition", () => {
  const read = () => {
    const verified = admitted().read(Buffer.alloc(0));
    if ("refused" in verified) throw new Error("refused");
    return verified;
  };

  const [first, second] = [read(), read()];

  expect(first.unreadable).not.toBeNull();
  expect(first.events).toHaveLength(1);
  expect(first.events[0]?.id).not.toBe(second.events[0]?.id);
  expect(first.events[0]?.hints).toMatchObject([{ subject: { connection: "okta-main", kind: "all" } }]);
});

test("an id that could not be one of Okta's makes its event unreadable", () => {
  for (const uuid of ["", "a b", "ü", "a\nb", "a".repeat(101), 7, null]) {
    const read = admitted().read(Buffer.from(JSON.stringify({ data: { events: [{ ...EVENT, uuid }] } })));
    expect(read).toMatchObject({ events: [{ type: "bridge.unreadable" }] });
  }
});
