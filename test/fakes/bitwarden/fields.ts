import type { ModelErrors } from "./model-errors.ts";
import { isObject, looseText } from "./shape.ts";

/**
 * Reads one JSON object that fits its shape the way MVC validates a model: names are case-insensitive, and rule
 * violations are collected until `finish`.
 */
export class Fields {
  readonly #object: Record<string, unknown>;
  readonly #errors: ModelErrors;
  /** `Members[3].`, or empty for the root. */
  readonly #prefix: string;

  constructor(object: Record<string, unknown>, errors: ModelErrors, prefix = "") {
    this.#object = object;
    this.#errors = errors;
    this.#prefix = prefix;
  }

  /** Errors so far, of all models of the request: a rule over a whole model only runs when it added none. */
  get errorCount(): number {
    return this.#errors.count;
  }

  /** Throws the 400 of model validation when something was noted. */
  finish(): void {
    this.#errors.throwIfAny();
  }

  note(name: string, text: string): void {
    this.#errors.add(`${this.#prefix}${pascal(name)}`, text);
  }

  raw(name: string): unknown {
    if (Object.hasOwn(this.#object, name)) return this.#object[name];
    const wanted = name.toLowerCase();
    for (const key of Object.keys(this.#object)) if (key.toLowerCase() === wanted) return this.#object[key];
    return undefined;
  }

  /** Null when absent or null. */
  text(name: string, rule: { required?: boolean; max?: number } = {}): string | null {
    const text = looseText(this.raw(name));
    if (rule.required === true && (text === null || text.trim() === "")) {
      this.note(name, `The ${pascal(name)} field is required.`);
    }
    if (rule.max !== undefined && text !== null && text.length > rule.max) {
      this.note(name, `The field ${pascal(name)} must be a string with a maximum length of ${String(rule.max)}.`);
    }
    return text;
  }

  /** Null when absent or null. */
  flag(name: string, rule: { required?: boolean } = {}): boolean | null {
    const value = this.raw(name);
    if (typeof value === "boolean") return value;
    if (rule.required === true) this.note(name, `The ${pascal(name)} field is required.`);
    return null;
  }

  /** The number of an enum; null when null. */
  choice(name: string, allowed: ReadonlySet<number>): number | null {
    const value = this.raw(name);
    if (typeof value !== "number") {
      this.note(name, `The ${pascal(name)} field is required.`);
      return null;
    }
    if (!allowed.has(value)) this.note(name, `The field ${pascal(name)} is invalid.`);
    return value;
  }

  /** Null when absent or null. */
  list(name: string): unknown[] | null {
    const value = this.raw(name);
    return Array.isArray(value) ? (value as unknown[]) : null;
  }

  /** Lower-cased; null when absent or null. */
  guids(name: string): string[] | null {
    return this.list(name)?.map((value) => String(value).toLowerCase()) ?? null;
  }

  /** Lower-cased. */
  guid(name: string): string | null {
    const value = this.raw(name);
    if (typeof value === "string") return value.toLowerCase();
    this.note(name, `The ${pascal(name)} field is required.`);
    return null;
  }

  /** A nested model, or null where the JSON says null. */
  child(name: string, json: unknown, index?: number): Fields | null {
    if (!isObject(json)) return null;
    const suffix = index === undefined ? "" : `[${String(index)}]`;
    return new Fields(json, this.#errors, `${this.#prefix}${pascal(name)}${suffix}.`);
  }
}

function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
