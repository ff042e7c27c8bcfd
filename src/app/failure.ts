import { z } from "zod";
import { BridgeError, ERROR_CODES, SIDES, toBridgeError } from "../domain/errors.ts";

const failureSchema = z.object({
  // A newer service may know more codes: those count as unexpected.
  code: z.enum(ERROR_CODES).catch("INTERNAL"),
  side: z.enum(SIDES).catch("bridge"),
  message: z.string(),
  remedy: z.string(),
});

/** A failure as it stands in the row of a request, for the command that waits in another process. */
export type Failure = z.infer<typeof failureSchema>;

export function toFailure(thrown: unknown): Failure {
  const { code, side, message, remedy } = toBridgeError(thrown);
  return { code, side, message, remedy };
}

/** The error that the row of a failed request tells of. `result`: any JSON value. */
export function fromFailure(result: unknown): BridgeError {
  const failure = failureSchema.safeParse(result);
  if (failure.success) return new BridgeError({ ...failure.data, retry: "never" });
  return new BridgeError({
    code: "INTERNAL",
    side: "bridge",
    message: "the request has no readable answer",
    remedy: "Look at the log of the service.",
    retry: "never",
  });
}
