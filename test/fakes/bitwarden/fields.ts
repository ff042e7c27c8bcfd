import { badModel, type ModelErrors } from "./answers.ts";

const GUID = /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i;

/** The canonical form of an id, or null when it is no GUID. */
export function parseGuid(text: string): string | null {
  const parts = GUID.exec(text);
  return parts === null ? null : parts.slice(1).join("-").toLowerCase();
}

/** The path and the state key of a model, built only when something is wrong with it. */
type Place = () => { json: string; state: string };

const ROOT: Place = () => ({ json: "$", state: "" });

/**
 * Reads one JSON object the way ASP.NET binds a model: names are case-insensitive, unknown ones ignored,
 * a value of the wrong type refuses the request at once, and rule violations are collected until `finish`.
 */
export class Fields {
  readonly #object: Record<string, unknown>;
  readonly #place: Place;
  readonly #errors: ModelErrors;

  constructor(json: unknown, place: Place = ROOT, errors: ModelErrors = {}) {
    this.#place = place;
    this.#errors = errors;
    if (!isObject(json)) throw unbound(place().json, "the request model");
    this.#object = json;
  }

  /** Throws the 400 of model validation when something was noted. */
  finish(): void {
    if (Object.keys(this.#errors).length > 0) throw badModel(this.#errors);
  }

  note(name: string, text: string): void {
    const { state } = this.#place();
    const key = state === "" ? pascal(name) : `${state}.${pascal(name)}`;
    (this.#errors[key] ??= []).push(text);
  }

  raw(name: string): unknown {
    if (Object.hasOwn(this.#object, name)) return this.#object[name];
    const wanted = name.toLowerCase();
    for (const key of Object.keys(this.#object)) if (key.toLowerCase() === wanted) return this.#object[key];
    return undefined;
  }

  /** `loose` also takes numbers and booleans, as the import does for external ids. */
  text(name: string, rule: { required?: boolean; max?: number; loose?: boolean } = {}): string | null {
    const value = this.raw(name);
    const text = this.#asText(name, value, rule.loose === true);
    if (rule.required === true && (text === null || text.trim() === "")) {
      this.note(name, `The ${pascal(name)} field is required.`);
    } else if (rule.max !== undefined && text !== null && text.length > rule.max) {
      const limit = String(rule.max);
      this.note(name, `The field ${pascal(name)} must be a string with a maximum length of ${limit}.`);
    }
    return text;
  }

  /** Null only when absent (or null and required, which is noted). */
  flag(name: string, rule: { required?: boolean } = {}): boolean | null {
    const value = this.raw(name);
    if (typeof value === "boolean") return value;
    if (value === undefined || (value === null && rule.required === true)) {
      if (rule.required === true) this.note(name, `The ${pascal(name)} field is required.`);
      return null;
    }
    throw this.unbound(name, "System.Boolean");
  }

  /** Enums are numbers; numeric strings are tolerated, names are not. */
  choice(name: string, allowed: ReadonlySet<number>): number | null {
    const value = this.raw(name);
    if (value === undefined || value === null) {
      this.note(name, `The ${pascal(name)} field is required.`);
      return null;
    }
    const number = typeof value === "string" && /^-?\d{1,9}$/.test(value) ? Number(value) : value;
    if (typeof number !== "number" || !Number.isInteger(number)) throw this.unbound(name, "an enum");
    if (!allowed.has(number)) this.note(name, `The field ${pascal(name)} is invalid.`);
    return number;
  }

  /** Null when absent or null. */
  list(name: string): unknown[] | null {
    const value = this.raw(name);
    if (value === undefined || value === null) return null;
    if (!Array.isArray(value)) throw this.unbound(name, "a list");
    return value as unknown[];
  }

  guids(name: string): string[] | null {
    const values = this.list(name);
    if (values === null) return null;
    return values.map((value, index) => {
      const guid = typeof value === "string" ? parseGuid(value) : null;
      if (guid === null) throw this.unbound(`${name}[${String(index)}]`, "System.Guid");
      return guid;
    });
  }

  guid(name: string): string | null {
    const value = this.raw(name);
    if (value === undefined || value === null) {
      this.note(name, `The ${pascal(name)} field is required.`);
      return null;
    }
    const guid = typeof value === "string" ? parseGuid(value) : null;
    if (guid === null) throw this.unbound(name, "System.Guid");
    return guid;
  }

  /** A nested model, e.g. one item of a list. */
  child(name: string, json: unknown, index?: number): Fields {
    const suffix = index === undefined ? "" : `[${String(index)}]`;
    const place: Place = () => {
      const here = this.#place();
      const state = `${here.state === "" ? "" : `${here.state}.`}${pascal(name)}${suffix}`;
      return { json: `${here.json}.${name}${suffix}`, state };
    };
    return new Fields(json, place, this.#errors);
  }

  unbound(name: string, type: string): Error {
    return unbound(`${this.#place().json}.${name}`, type);
  }

  #asText(name: string, value: unknown, loose: boolean): string | null {
    if (value === undefined || value === null) return null;
    if (typeof value === "string") return value;
    if (loose && (typeof value === "number" || typeof value === "boolean")) return String(value);
    throw this.unbound(name, "System.String");
  }
}

function unbound(path: string, type: string): Error {
  const text = `The JSON value could not be converted to ${type}. Path: ${path} | LineNumber: 0 | BytePositionInLine: 0.`;
  return badModel({ [path]: [text], model: ["The model field is required."] });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
