import { isUtf8 } from "node:buffer";

/**
 * Lower-cased DNs whose values need no work: no escapes, quotes, wide characters or doubled blanks.
 * Nearly every DN takes this way, which keeps the comparison of 100,000 members cheap.
 */
const PLAIN =
  /^[a-z0-9.-]+=[!$-*\--:?-[\]-~]+(?: [!$-*\--:?-[\]-~]+)*(?:,[a-z0-9.-]+=[!$-*\--:?-[\]-~]+(?: [!$-*\--:?-[\]-~]+)*)*$/;

const SPECIAL = /[,+"\\<>;=#]/g;

/**
 * One spelling for every way to write the same DN: escapes undone (`\2C` and `\,`), lower-cased, NFC,
 * blanks folded, multi-valued RDNs sorted, escaped again. OpenLDAP spells a comma `\2C` in entry
 * names and `\,` in `member`; comparing texts loses those members. Never throws.
 */
export function canonicalDn(dn: string): string {
  const lower = dn.toLowerCase();
  if (PLAIN.test(lower)) return lower;
  return splitUnescaped(dn, ",").map(canonicalRdn).join(",");
}

/** Is the entry the base itself or below it? Both in canonical form. */
export function isUnder(dn: string, base: string): boolean {
  // A comma inside a value is always followed by text whose `=` is escaped, so this cannot match half a value.
  return base === "" || dn === base || dn.endsWith(`,${base}`);
}

/** Directory Connector's test: a member value with `=` and `,` is a DN, anything else a uid. */
export function looksLikeDn(value: string): boolean {
  return value.includes("=") && value.includes(",");
}

/** A uniqueMember value (RFC 4517 name and optional uid) without its `#'0101'B` tail. */
export function withoutUid(value: string): string {
  return value.replace(/#'[01]*'B$/, "");
}

function canonicalRdn(rdn: string): string {
  return splitUnescaped(rdn, "+").map(canonicalPair).sort().join("+");
}

function canonicalPair(pair: string): string {
  const at = pair.indexOf("=");
  if (at < 0) return canonicalValue(pair);
  return `${pair.slice(0, at).trim().toLowerCase()}=${canonicalValue(pair.slice(at + 1))}`;
}

function canonicalValue(raw: string): string {
  const trimmed = raw.trimStart();
  // RFC 4514 `#04024869`: the BER form of a value, a different thing from an escaped `\#`.
  if (/^#[0-9a-f]+$/i.test(trimmed)) return trimmed.toLowerCase();
  const bytes = trimmed.includes("\\") ? unescape(trimmed) : Buffer.from(trimmed);
  if (!isUtf8(bytes)) return `#${bytes.toString("hex")}`;
  const folded = bytes.toString().normalize("NFC").toLowerCase().normalize("NFC").replace(/ +/g, " ");
  return folded.replace(/^ | $/g, "").replace(SPECIAL, "\\$&");
}

function unescape(value: string): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < value.length;) {
    const next = value.indexOf("\\", at);
    if (next < 0 || next === value.length - 1) {
      parts.push(Buffer.from(value.slice(at)));
      break;
    }
    parts.push(Buffer.from(value.slice(at, next)));
    const hex = value.slice(next + 1, next + 3);
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      parts.push(Buffer.from(hex, "hex"));
      at = next + 3;
    } else {
      const character = String.fromCodePoint(value.codePointAt(next + 1) ?? 0);
      parts.push(Buffer.from(character));
      at = next + 1 + character.length;
    }
  }
  return Buffer.concat(parts);
}

function splitUnescaped(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === separator) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
