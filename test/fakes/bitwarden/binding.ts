import { crashAnswer, Refusal } from "./answers.ts";
import type { Body } from "./body.ts";
import { Fields } from "./fields.ts";
import type { ModelErrors } from "./model-errors.ts";
import { isObject, lacksRequired, misfit, pathOf, type ModelShape } from "./shape.ts";

/** What a route expects in its body. */
export interface BodyRule {
  shape: ModelShape;
  /** The vendor's controller refuses null: a body that cannot be bound is also reported under `model`. */
  nullSafe?: boolean;
}

const NULL_MODEL = "The model field is required.";

/** Throws the 415 for a body that is not announced as JSON. */
export function requireJsonType(contentType: string): void {
  if (!/^(?:application\/json|text\/json|application\/[\w.-]+\+json)\s*(?:;|$)/i.test(contentType.trim())) {
    throw new Refusal({ status: 415 });
  }
}

/**
 * JSON to model. Throws the 400 of JSON binding, which also names what `errors` holds already; and for a body over the
 * limit the 500 that looks like a poisoned import.
 */
export function bindBody(body: Body, { shape, nullSafe }: BodyRule, errors: ModelErrors): Fields {
  if (body.isTooLarge) throw new Refusal({ ...crashAnswer(), headers: { Connection: "close" } });
  const { value, brokenAt } = body.json();
  const path = value === undefined ? null : misfit(value, shape);
  if (body.bytes.length === 0 || (value === null && brokenAt === null)) {
    errors.add("", "A non-empty request body is required.");
  } else if (path !== null) {
    noteUnbound(errors, path);
  } else if (brokenAt !== null) {
    noteUnbound(errors, pathOf(brokenAt, shape));
  } else if (lacksRequired(value, shape)) {
    noteUnbound(errors, "$");
  } else if (isObject(value)) {
    return new Fields(value, errors);
  }
  if (nullSafe === true) errors.add("model", NULL_MODEL);
  throw errors.refusal();
}

/** The parser's own words differ from version to version; clients must not match on them. */
function noteUnbound(errors: ModelErrors, path: string): void {
  errors.add(path, `The JSON value could not be converted. Path: ${path} | LineNumber: 0 | BytePositionInLine: 0.`);
}
