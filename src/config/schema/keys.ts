import { z } from "zod";
import { defaultOf, marksOf, unwrap, type Marks } from "./marks.ts";
import { discriminatorOf, isSection } from "./walk.ts";

/** One key of the schema, whether or not a file has it. */
export interface SchemaKey {
  /** `connections[].directory.orgUrl` */
  path: string;
  /** The kind of directory that the key belongs to, or empty. */
  variant: string;
  schema: z.core.$ZodType;
  marks: Marks;
}

/** All keys that hold values, in the schema's order; those of a union once per option. */
export function* keysOf(schema: z.core.$ZodType, path = "", variant = ""): Generator<SchemaKey> {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray) yield* keysOf(inner.element, `${path}[]`, variant);
  if (inner instanceof z.ZodDiscriminatedUnion) {
    for (const option of inner.options.map(unwrap)) yield* keysOf(option, path, discriminatorOf(option));
  }
  if (!(inner instanceof z.ZodObject)) return;
  for (const [key, child] of Object.entries<z.core.$ZodType>(inner.shape)) {
    const childPath = path === "" ? key : `${path}.${key}`;
    if (isSection(child)) yield* keysOf(child, childPath, variant);
    else yield { path: childPath, variant, schema: child, marks: marksOf(child) };
  }
}

/** The type in words: the mark's, else the schema's own. */
export function kindText({ schema, marks }: SchemaKey): string {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodEnum) return inner.options.join(", ");
  if (marks.kind !== undefined) return marks.kind;
  return inner instanceof z.ZodNumber ? "number" : inner instanceof z.ZodBoolean ? "true, false" : "text";
}

/** The default in words: a value, a rule, `required`, or empty when the key may stay away. */
export function fallbackText({ schema, marks }: SchemaKey): string {
  if (marks.fallback !== undefined) return marks.fallback;
  const fallback = defaultOf(schema);
  if (fallback !== undefined) return `\`${typeof fallback === "string" ? fallback : JSON.stringify(fallback)}\``;
  return schema instanceof z.ZodOptional ? "" : "**required**";
}
