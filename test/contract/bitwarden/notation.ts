/** The notation of the recordings: `{{NAME}}`, `{{upper:NAME}}`, `{{repeat:x:300}}`, `{"$repeat": {...}}`. */

export type Names = Readonly<Record<string, string>>;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Puts names and repetitions into a value; names that are not known, such as ANY, stay as they are. */
export function fill(value: unknown, names: Names): unknown {
  if (typeof value === "string") return fillText(value, names);
  if (Array.isArray(value)) return value.flatMap((item: unknown) => unfold(item, names));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [fillText(key, names), fill(inner, names)]));
}

export function fillText(text: string, names: Names): string {
  return text
    .replace(/\{\{repeat:(.):(\d+)\}\}/gu, (_all, char: string, count: string) => char.repeat(Number(count)))
    .replace(/\{\{upper:(\w+)\}\}/g, (all, name: string) => names[name]?.toUpperCase() ?? all)
    .replace(/\{\{(\w+)\}\}/g, (all, name: string) => names[name] ?? all);
}

/** One item of a list, or the copies that `$repeat` stands for, numbered by `{{i}}`. */
function unfold(item: unknown, names: Names): unknown[] {
  const repeat = isRecord(item) ? item["$repeat"] : undefined;
  if (!isRecord(repeat)) return [fill(item, names)];
  const [count, from] = [Number(repeat["count"]), Number(repeat["from"] ?? 0)];
  return Array.from({ length: count }, (_, index) => fill(repeat["template"], { ...names, i: String(from + index) }));
}

/** What a JSON pointer leads to; in a list, `key=value` picks the first item with that value. */
export function point(body: unknown, pointer: string): unknown {
  let at = body;
  for (const escaped of pointer.split("/").slice(1)) {
    const part = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
    const [key = "", wanted] = part.split("=");
    if (Array.isArray(at)) at = at.find((item, index) => picks(item, index, key, wanted)) as unknown;
    else at = isRecord(at) ? at[part] : undefined;
  }
  return at;
}

function picks(item: unknown, index: number, key: string, wanted: string | undefined): boolean {
  return wanted === undefined ? String(index) === key : isRecord(item) && String(item[key]) === wanted;
}
