import { expect, test } from "vitest";
import { BridgeError, toBridgeError } from "../../../src/domain/errors.ts";
import { STILL_ACTIVE } from "../../../src/domain/notices.ts";

const FACTS = {
  code: "BITWARDEN_REFUSED",
  side: "bitwarden",
  message: "refused",
  remedy: "Ask.",
  retry: "after",
  retryAfterMs: 5,
  subject: "ad/user/1",
  status: 400,
  details: { "Members[0].Email": ["bad"] },
} as const;

test("an error carries everything that is known about it", () => {
  const cause = new Error("cause");
  const details = { "Members[0].Email": ["bad"] };
  const error = new BridgeError({ ...FACTS, details, cause });
  expect(error).toMatchObject({ name: "BridgeError", ...FACTS, details });
  expect(error.cause).toBe(cause);
});

test("a known error stays itself; whatever else is thrown is internal and tried again later", () => {
  const known = new BridgeError({ ...FACTS, details: {} });
  expect(toBridgeError(known)).toBe(known);
  const thrown = new TypeError("x is not a function");
  const wrapped = toBridgeError(thrown);
  expect(wrapped).toMatchObject({ code: "INTERNAL", side: "bridge", retry: "later", cause: thrown });
  expect(wrapped.message).toContain("x is not a function");
  expect(toBridgeError("words").message).toContain("words");
});

test("what says that access stays although the directory says gone is one list", () => {
  expect([...STILL_ACTIVE].toSorted()).toEqual([
    "leaver-reported",
    "protected-leaver",
    "unclaimed",
    "unknown-external-id",
    "unmanaged-leaver",
  ]);
});
