import { z } from "zod";
import { fallbackText, keysOf, kindText, type SchemaKey } from "./schema/keys.ts";
import { OWN_MARKS } from "./schema/marks.ts";
import { configSchema } from "./schema/schema.ts";

/** The configuration file's JSON Schema (draft 2020-12), for editors and `config schema`. */
export function configJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(configSchema, {
    io: "input",
    reused: "inline",
    override({ jsonSchema }) {
      if (jsonSchema["secret"] === true) jsonSchema.writeOnly = true;
      // Loose only so that the checker need not repeat a mistyped key, which may be the secret itself.
      if (jsonSchema["secret"] === true && jsonSchema.type === "object") jsonSchema.additionalProperties = false;
      for (const mark of OWN_MARKS) Reflect.deleteProperty(jsonSchema, mark);
    },
  });
}

/** The table that a key stands in. */
function headingOf({ path, variant }: SchemaKey): string {
  if (variant !== "") return `\`connections[].directory\` of type \`${variant}\``;
  if (path.startsWith("connections[].sync.")) return "`connections[].sync`";
  return /^(organizations|connections)\[\]/.test(path)
    ? `\`${path.slice(0, path.indexOf("."))}\``
    : "The bridge itself";
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

function row(key: SchemaKey, heading: string): string {
  // In the table of a section the section's own name need not be repeated.
  const section = /^`(.*?)`/.exec(heading)?.[1] ?? "";
  const name = section === "" ? key.path : key.path.slice(section.length + 1);
  return `| \`${name}\` | ${cell(kindText(key))} | ${cell(fallbackText(key))} | ${cell(key.marks.description ?? "")} |`;
}

/** Every key with type, default and meaning, as markdown tables, one per section. */
export function configTable(): string {
  const tables = new Map<string, string[]>();
  for (const key of keysOf(configSchema)) {
    const heading = headingOf(key);
    const rows = tables.get(heading) ?? ["| key | type | default | meaning |", "|---|---|---|---|"];
    tables.set(heading, [...rows, row(key, heading)]);
  }
  return [...tables].map(([heading, rows]) => `**${heading}**\n\n${rows.join("\n")}`).join("\n\n");
}
