import { z } from "zod";
import { marksOf, unwrap, type Marks } from "./marks.ts";

/** A key that holds a value, not a section, found in a configuration. */
export interface Leaf {
  /** `["connections", 0, "directory", "orgUrl"]` */
  path: (string | number)[];
  marks: Marks;
  value: unknown;
  /** Puts another value in its place. */
  replace(value: unknown): void;
}

const record = z.record(z.string(), z.unknown());

function isRecord(value: unknown): value is Record<string, unknown> {
  return record.safeParse(value).success;
}

/** The value of `type` by which a union tells its options apart; empty for any other schema. */
export function discriminatorOf(option: z.core.$ZodType): string {
  const type: unknown = option instanceof z.ZodObject ? option.shape["type"] : undefined;
  return type instanceof z.ZodLiteral ? String(type.value) : "";
}

/** All leaves of a parsed value that its schema describes, in the schema's order. */
export function* leavesOf(schema: z.core.$ZodType, value: unknown, path: Leaf["path"] = []): Generator<Leaf> {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    for (const [index, element] of value.entries()) yield* leavesOf(inner.element, element, [...path, index]);
  }
  if (!isRecord(value)) return;
  if (inner instanceof z.ZodDiscriminatedUnion) {
    const option = inner.options.map(unwrap).find((candidate) => discriminatorOf(candidate) === value["type"]);
    if (option !== undefined) yield* leavesOf(option, value, path);
  }
  if (!(inner instanceof z.ZodObject)) return;
  for (const [key, child] of Object.entries<z.core.$ZodType>(inner.shape)) {
    const found = value[key];
    if (found === undefined) continue;
    if (isSection(child)) yield* leavesOf(child, found, [...path, key]);
    else {
      const replace = (next: unknown) => void (value[key] = next);
      yield { path: [...path, key], marks: marksOf(child), value: found, replace };
    }
  }
}

/** True for what holds further keys: objects, unions and lists of them; never for secret references. */
export function isSection(schema: z.core.$ZodType): boolean {
  if (marksOf(schema).secret === true) return false;
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray) return isSection(inner.element);
  return inner instanceof z.ZodObject || inner instanceof z.ZodDiscriminatedUnion;
}
