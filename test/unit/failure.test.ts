import { expect, test } from "vitest";
import { fromFailure, toFailure } from "../../src/app/failure.ts";
import { BridgeError, ERROR_CODES, SIDES } from "../../src/domain/errors.ts";

/** What a command in another process reads: the row is text. */
function throughTheStore(error: unknown): BridgeError {
  return fromFailure(JSON.parse(JSON.stringify(toFailure(error))));
}

test.each(ERROR_CODES)("a service that fails with %s fails its command with the same", (code) => {
  for (const side of SIDES) {
    const error = new BridgeError({ code, side, message: "m", remedy: "r", retry: "later" });

    expect(throughTheStore(error)).toMatchObject({ code, side, message: "m", remedy: "r" });
  }
});

test("a code that only a newer service knows is an unexpected failure that keeps its words", () => {
  const error = fromFailure({ code: "NEW", side: "moon", message: "m", remedy: "r" });

  expect(error).toMatchObject({ code: "INTERNAL", side: "bridge", message: "m", remedy: "r" });
});

test("an answer that nobody can read is a failure, not a success", () => {
  expect(fromFailure(null)).toMatchObject({ code: "INTERNAL", message: "the request has no readable answer" });
});
