import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalDn, isUnder, looksLikeDn, withoutUid } from "../../src/directories/ldap/wire/dn.ts";
import { guidText } from "../../src/directories/ldap/wire/guid.ts";

/** RFC 4514 lets a writer choose between these spellings for any character. */
function spell(value: string, choices: number[]): string {
  return Array.from(value)
    .map((character, index) => {
      const choice = (choices[index % choices.length] ?? 0) % 3;
      const hex = [...Buffer.from(character)].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
      const special = ',+"\\<>;=# '.includes(character);
      if (choice === 0) return hex;
      if (special) return `\\${character}`;
      return choice === 1 ? character : character.toLowerCase();
    })
    .join("");
}

const character = fc.oneof(
  fc.constantFrom(...',+"\\<>;=# aZ9.-'.split("")),
  fc.constantFrom("é", "Ł", "ß", "山", "🙂"),
);
const value = fc.array(character, { minLength: 1, maxLength: 12 }).map((parts) => parts.join(""));
const choices = fc.array(fc.nat(2), { minLength: 1, maxLength: 12 });

test("every spelling of a DN has the same canonical form", () => {
  fc.assert(
    fc.property(value, value, choices, choices, (cn, ou, one, other) => {
      const first = `cn=${spell(cn, one)},OU=${spell(ou, other)},dc=Test`;
      const second = `CN = ${spell(cn, other)} , ou=${spell(ou, one)},DC=test`;
      expect(canonicalDn(first)).toBe(canonicalDn(second));
    }),
  );
});

test("different values stay different", () => {
  fc.assert(
    fc.property(value, value, (one, other) => {
      const same = (text: string): string => text.toLowerCase().replace(/ +/g, " ").replace(/^ | $/g, "");
      fc.pre(same(one) !== same(other));
      expect(canonicalDn(`cn=${spell(one, [0])},dc=test`)).not.toBe(canonicalDn(`cn=${spell(other, [0])},dc=test`));
    }),
  );
});

test("the canonical form is its own canonical form, and no text makes it throw", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), value), (text) => {
      const once = canonicalDn(text);
      expect(canonicalDn(once)).toBe(once);
    }),
  );
});

test("OpenLDAP's two spellings of a comma are one DN", () => {
  expect(canonicalDn("cn=O'Neill\\2C Yusuf (97),ou=people,dc=example,dc=test")).toBe(
    canonicalDn("cn=O'Neill\\, Yusuf (97),ou=People,dc=example,dc=test"),
  );
});

test("composed and decomposed accents, and the order of a multi-valued RDN, do not matter", () => {
  expect(canonicalDn("cn=Zoe\u0308+uid=1,dc=x")).toBe(canonicalDn("UID=1+cn=Zo\u00eb,dc=x"));
});

test.each([
  ["uid=a,ou=people,dc=x", "ou=people,dc=x", true],
  ["ou=people,dc=x", "ou=people,dc=x", true],
  ["uid=a,ou=morepeople,dc=x", "ou=people,dc=x", false],
  ["cn=evil\\,ou=people\\,dc=x,dc=y", "ou=people,dc=x", false],
  ["cn=evil\\,ou\\=people,dc=x", "ou=people,dc=x", false],
])("%s below %s: %s", (dn, base, expected) => {
  expect(isUnder(canonicalDn(dn), canonicalDn(base))).toBe(expected);
});

test("a uniqueMember value loses its uid, and only a DN looks like one", () => {
  expect(withoutUid("cn=a,dc=x#'0101'B")).toBe("cn=a,dc=x");
  expect(["cn=a,dc=x", "jdoe", "a=b", "a,b"].map(looksLikeDn)).toEqual([true, false, false, false]);
});

test("objectGUID is written in Directory Connector's mixed-endian form", () => {
  const bytes = Buffer.from("90c08737aabbccdd0102030405060708", "hex");
  expect(guidText(bytes)).toBe("3787c090-bbaa-ddcc-0102-030405060708");
});
