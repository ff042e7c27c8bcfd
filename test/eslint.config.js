import { fileURLToPath } from "node:url";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Rules of ESLint itself that the type checker does not make superfluous. */
const core = {
  "default-case-last": "error",
  eqeqeq: "error",
  "no-console": "error",
  "no-control-regex": "error",
  "no-empty": "error",
  "no-fallthrough": "error",
  "no-param-reassign": "error",
  "no-restricted-exports": [
    "error",
    { restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true, namespaceFrom: true } },
  ],
  "no-restricted-syntax": [
    "error",
    {
      selector:
        ":matches(Program, ExportNamedDeclaration) > VariableDeclaration > VariableDeclarator:not([id.typeAnnotation]) > ArrowFunctionExpression",
      message: "Write a function declaration, or name the function type it satisfies.",
    },
  ],
  "no-unsafe-finally": "error",
  "no-useless-escape": "error",
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-const": "error",
};

const typed = {
  "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
  "@typescript-eslint/consistent-type-imports": "error",
  "@typescript-eslint/no-confusing-void-expression": [
    "error",
    { ignoreArrowShorthand: true, ignoreVoidOperator: true },
  ],
  "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: "only-allowed-literals" }],
  "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
  // An async function turns what it throws into a rejection, with or without an await.
  "@typescript-eslint/require-await": "off",
  "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
  "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
};

export default defineConfig(
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: root } },
    rules: { ...core, ...typed },
  },
  {
    files: ["src/**/*.ts"],
    rules: { "max-lines-per-function": ["error", { max: 50, skipBlankLines: true, skipComments: true }] },
  },
  // Programs that talk to a person at a terminal.
  {
    files: ["test/{demo,faults,load,testbed}/**/*.ts", "test/**/main.ts", "test/run.ts"],
    rules: { "no-console": "off" },
  },
  { files: ["**/*.config.ts"], rules: { "no-restricted-exports": "off" } },
);
