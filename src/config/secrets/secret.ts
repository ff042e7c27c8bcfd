import { inspect } from "node:util";
import { z } from "zod";
import { pathSchema } from "../schema/values.ts";

/** Where a secret is, never the secret itself. */
export type SecretReference = { file: string } | { env: string };

const one = z.union([
  z.object({ file: z.string() }),
  z.object({ env: z.string() }),
]) satisfies z.ZodType<SecretReference>;

/** The references in the value of a key that is marked secret: one, or a list. */
export const secretReferences = z.union([z.array(one), one.transform((reference) => [reference])]);

/** A secret's value that cannot be printed by accident. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself; call it only where the value is sent or compared. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}

const REFERENCE = "must be a reference: { file: /run/secrets/name } or { env: NAME }";
const LITERAL = `${REFERENCE}, never the secret itself`;

/** The problem with a written reference. Unknown keys are not repeated: a mistyped one may be the secret. */
function referenceProblem(reference: Record<string, unknown>): string | undefined {
  const keys = Object.keys(reference);
  if (keys.includes("secret"))
    return `${REFERENCE} ({ secret: … }, the built-in secret store, is not available in this version)`;
  if (keys.length !== 1) return `${REFERENCE}, exactly one of the two`;
  return keys[0] === "file" || keys[0] === "env" ? undefined : LITERAL;
}

/** The reference as it is shown: `file /run/secrets/okta`, `environment variable OKTA_TOKEN`. */
export function referenceText(reference: SecretReference): string {
  return "file" in reference ? `file ${reference.file}` : `environment variable ${reference.env}`;
}

/** A reference to a secret. Its error messages never repeat what was written. */
export function secretSchema() {
  return z
    .codec(
      z
        .looseObject(
          {
            file: pathSchema().optional(),
            env: z
              .string()
              .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "must be the name of an environment variable")
              .optional(),
          },
          { error: (issue) => (issue.input === undefined ? "is required" : LITERAL) },
        )
        .superRefine(
          (reference, context) => {
            const message = referenceProblem(reference);
            if (message !== undefined) context.addIssue({ code: "custom", message });
          },
          { when: ({ value }) => typeof value === "object" && value !== null && !Array.isArray(value) },
        ),
      z.custom<SecretReference>(),
      {
        decode: ({ file, env }) => (file === undefined ? { env: env ?? "" } : { file }),
        encode: (reference) => reference,
      },
    )
    .meta({ secret: true, kind: "secret reference" });
}
