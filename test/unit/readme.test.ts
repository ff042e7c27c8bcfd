import { expect, test } from "vitest";
import { fill, readme } from "../readme.ts";

test("the README's tables of commands and configuration are those of the code (node test/readme.ts writes them)", () => {
  const { written, current } = readme();

  expect(written).toBe(current);
});

test("a generated part replaces what stood between its markers, and only that", () => {
  const text = "# A\n<!-- x:begin -->\nold\n<!-- x:end -->\nend\n";

  expect(fill(text, "x", "new")).toBe("# A\n<!-- x:begin -->\n\nnew\n\n<!-- x:end -->\nend\n");
  expect(() => fill("# A", "x", "new")).toThrow("the README has no <!-- x:begin --> … <!-- x:end -->");
});
