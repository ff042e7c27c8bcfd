import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BridgeError } from "../../src/domain/errors.ts";
import { matches, parseScopeFilter } from "../../src/domain/scope.ts";

function refusal(text: string): { message: string; remedy: string } {
  try {
    parseScopeFilter(text, "userFilter");
  } catch (error) {
    if (error instanceof BridgeError && error.code === "CONFIG_INVALID") return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe("Directory Connector's worked examples", () => {
  it("include lists exactly the named addresses, whatever their case and spacing", () => {
    const filter = parseScopeFilter("include:Joe@X.com , bill@x.com", "userFilter");
    expect(filter.query).toBeNull();
    expect(["joe@x.com", "JOE@x.com ", "bill@x.com"].map((email) => matches(filter, email))).toEqual([
      true,
      true,
      true,
    ]);
    expect(["ann@x.com", "joe@x.co", null].map((email) => matches(filter, email))).toEqual([false, false, false]);
  });

  it("exclude with a provider query keeps both", () => {
    const filter = parseScopeFilter('exclude:joe@x.com | profile.department eq "Eng"', "userFilter");
    expect(filter.query).toBe('profile.department eq "Eng"');
    expect(matches(filter, "joe@x.com")).toBe(false);
    expect(matches(filter, "ann@x.com")).toBe(true);
    expect(matches(filter, null)).toBe(true);
  });

  it("a leading bar is a provider query only, colons included", () => {
    const filter = parseScopeFilter('|lastUpdated gt "2026-01-01T00:00:00Z"', "userFilter");
    expect(filter).toEqual({ clause: null, query: 'lastUpdated gt "2026-01-01T00:00:00Z"' });
    expect(matches(filter, "anybody@x.com")).toBe(true);
  });

  it("a blank clause before the bar is none", () => {
    expect(parseScopeFilter("  | q ", "userFilter")).toEqual({ clause: null, query: "q" });
  });

  it("keywords are case-insensitive and may be spaced", () => {
    expect(parseScopeFilter(" INCLUDE : a", "groupFilter").clause).toEqual({ kind: "include", values: new Set(["a"]) });
  });

  it("an absent value compares as two hyphens", () => {
    expect(matches(parseScopeFilter("exclude:--", "userFilter"), null)).toBe(false);
  });

  it.each([undefined, "", "   "])("no filter (%j) means everybody", (text) => {
    expect(parseScopeFilter(text, "userFilter")).toEqual({ clause: null, query: null });
  });
});

describe("where Directory Connector would let everybody in, we refuse", () => {
  it.each([
    ["includes:joe@x.com", "unknown keyword `includes`", "Did you mean `include:`?"],
    [" includes : joe@x.com", "unknown keyword `includes`", "Did you mean `include:`?"],
    [" a: b: c ", "2 colons where one is allowed: `a: b: c`", "contains a colon"],
    [" joe@x.com ", "has no keyword: `joe@x.com`", "Write `include:joe@x.com` or `exclude:joe@x.com`; "],
    [" joe@x.com ", "has no keyword: `joe@x.com`", "starts with a bar: `| joe@x.com`."],
    ["exlude:joe@x.com", "unknown keyword `exlude`", "Did you mean `exclude:`?"],
    ["only:joe@x.com", "unknown keyword `only`", "Use `include:` or `exclude:`."],
    ["include:Team: Blue", "2 colons", "contains a colon"],
    ['status eq "ACTIVE"', "has no keyword", '`| status eq "ACTIVE"`'],
    ["include:", "lists nothing", "`include:a,b`"],
    ["exclude: , ", "lists nothing", "`exclude:a,b`"],
    ["|", "no query", "remove the `|`"],
    ["include:a | ", "no query", "remove the `|`"],
    ["include:a | x | y", "2 bars", "at most one `|`"],
  ])("%s", (text, message, remedy) => {
    const refused = refusal(text);
    expect(refused).toMatchObject({ side: "configuration", retry: "never", subject: "userFilter" });
    expect(refused.message).toContain(`userFilter `);
    expect(refused.message).toContain(message);
    expect(refused.remedy).toContain(remedy);
  });
});

describe("for any list of names", () => {
  const name = fc.string({ minLength: 1 }).filter((text) => text.trim() !== "" && !/[|:,]/.test(text));
  const names = fc.array(name, { minLength: 1, maxLength: 8 });

  it("include and exclude are each other's opposite, and include holds exactly what was listed", () => {
    fc.assert(
      fc.property(names, name, fc.option(name), (listed, probe, query) => {
        const tail = query === null ? "" : `| ${query}`;
        const include = parseScopeFilter(`include:${listed.join(",")}${tail}`, "f");
        const exclude = parseScopeFilter(`exclude:${listed.join(",")}${tail}`, "f");
        const canonical = (text: string): string => text.trim().toLowerCase();
        expect(include.query).toBe(query?.trim() ?? null);
        for (const value of [...listed, probe]) {
          expect(matches(include, value)).toBe(listed.some((one) => canonical(one) === canonical(value)));
          expect(matches(exclude, value)).toBe(!matches(include, value));
        }
      }),
    );
  });

  it("any text either parses into a filter that restricts something, is blank, or is refused", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const filter = parseScopeFilter(text, "f");
          if (text.trim() !== "") expect(filter.clause !== null || filter.query !== null).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(BridgeError);
        }
      }),
    );
  });
});
