import { z } from "zod";

/**
 * What a key of the schema says about itself, in `.meta()`, beside its description. Documentation, redaction,
 * path resolution and the scope hash are all derived from these marks.
 */
declare module "zod" {
  interface GlobalMeta {
    /** Holds a secret reference: never logged, never printed. */
    secret?: true;
    /** A file path, relative to the folder of the configuration file. */
    path?: true;
    /** Takes part in deciding which users and groups are in scope. */
    scope?: true;
    /** The type in the administrator's words, where the schema's own is not helpful. */
    kind?: string;
    /** The default in words, where it depends on something else. */
    fallback?: string;
  }
}

export type Marks = z.GlobalMeta;

/** Marks that are ours and not words of JSON Schema. */
export const OWN_MARKS = ["secret", "path", "scope", "kind", "fallback"] as const;

/** Looks through defaults, optionals and codecs at the schema that an administrator writes against. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrap(schema.def.innerType);
  }
  return schema instanceof z.ZodPipe ? unwrap(schema.def.in) : schema;
}

/** All marks of a schema; those of an outer wrapper win. */
export function marksOf(schema: z.core.$ZodType): Marks {
  const own = z.globalRegistry.get(schema) ?? {};
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return { ...marksOf(schema.def.innerType), ...own };
  }
  return schema instanceof z.ZodPipe ? { ...marksOf(schema.def.in), ...own } : own;
}

/** The default that the schema fills in, or undefined. */
export function defaultOf(schema: z.core.$ZodType): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return schema.def.defaultValue;
  if (schema instanceof z.ZodOptional) return defaultOf(schema.def.innerType);
  return schema instanceof z.ZodPipe ? defaultOf(schema.def.in) : undefined;
}
