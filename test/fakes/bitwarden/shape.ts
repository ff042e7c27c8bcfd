import { OddNumber } from "./json.ts";

/**
 * What JSON binding expects at one place. Everything but `flag` and `guid` may be null. `loose` also takes numbers and
 * booleans, `looseList` a single value for a list; `byte` is the number of an enum; `map` any object.
 */
export type Shape =
  | "text"
  | "loose"
  | "looseList"
  | "flag"
  | "maybeFlag"
  | "guid"
  | "maybeGuid"
  | "byte"
  | "map"
  | ListShape
  | ModelShape;

interface ListShape {
  kind: "list";
  of: Shape;
}

export interface ModelShape {
  kind: "model";
  /** By lower-cased name. */
  byName: ReadonlyMap<string, Shape>;
  /** Lower-cased name of a property without which the model cannot be bound at all. */
  required: string | null;
}

export function listOf(of: Shape): ListShape {
  return { kind: "list", of };
}

export function modelOf(properties: Record<string, Shape>, required: string | null = null): ModelShape {
  const entries = Object.entries(properties).map(([name, shape]) => [name.toLowerCase(), shape] as const);
  return { kind: "model", byName: new Map(entries), required };
}

/** JSON ids have hyphens and nothing around them. */
const JSON_GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The JSON path of the first value, in the order of the text, that does not fit; null when all do. */
export function misfit(value: unknown, shape: Shape, path = "$"): string | null {
  if (typeof shape === "string") return fits(value, shape) ? null : path;
  if (value === null) return null;
  if (shape.kind === "list") {
    if (!Array.isArray(value)) return path;
    for (const [index, item] of value.entries()) {
      const wrong = misfit(item, shape.of, `${path}[${String(index)}]`);
      if (wrong !== null) return wrong;
    }
    return null;
  }
  if (!isObject(value)) return path;
  for (const key of Object.keys(value)) {
    const inner = shape.byName.get(key.toLowerCase());
    const wrong = inner === undefined ? null : misfit(value[key], inner, `${path}.${key}`);
    if (wrong !== null) return wrong;
  }
  return null;
}

export function lacksRequired(value: unknown, { required }: ModelShape): boolean {
  return required !== null && isObject(value) && !Object.keys(value).some((key) => key.toLowerCase() === required);
}

/** The JSON path of a broken place, as far down as the model knows it: what is unknown is skipped as a whole. */
export function pathOf(place: readonly (string | number)[], root: Shape): string {
  let shape: Shape | undefined = root;
  let path = "$";
  for (const step of place) {
    if (shape === undefined || typeof shape === "string") break;
    path += typeof step === "number" ? `[${String(step)}]` : `.${step}`;
    if (shape.kind === "list") shape = shape.of;
    else shape = typeof step === "string" ? shape.byName.get(step.toLowerCase()) : undefined;
  }
  return path;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof OddNumber);
}

function fits(value: unknown, kind: Exclude<Shape, ListShape | ModelShape>): boolean {
  switch (kind) {
    case "text":
      return value === null || typeof value === "string";
    case "loose":
      return value === null || looseText(value) !== null;
    case "looseList":
      return value === null || [value].flat().every((item) => looseText(item) !== null);
    case "flag":
      return typeof value === "boolean";
    case "maybeFlag":
      return value === null || typeof value === "boolean";
    case "guid":
      return typeof value === "string" && JSON_GUID.test(value);
    case "maybeGuid":
      return value === null || (typeof value === "string" && JSON_GUID.test(value));
    case "byte":
      return value === null || (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 255);
    case "map":
      return value === null || isObject(value);
  }
}

/** Text, number or boolean as .NET writes it; null for everything else. */
export function looseText(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  if (!(value instanceof OddNumber)) return null;
  return /e/i.test(value.source) ? String(Number(value.source)) : value.source;
}
