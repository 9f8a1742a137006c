import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["node_modules", "src/client/schema.d.ts"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ["dev/*.mjs"] }, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      // Numbers and booleans read well in templates; only objects would print as [object Object].
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // The router throws redirects and notFound objects: that is its interface.
      "@typescript-eslint/only-throw-error": "off",
      // Style of the house: at most 250 lines a file of the page.
      "max-lines": ["error", { max: 250, skipBlankLines: false, skipComments: false }],
    },
  },
  { files: ["**/*.js", "dev/**/*.mjs"], extends: [tseslint.configs.disableTypeChecked], languageOptions: { globals: Object.fromEntries(["process", "console", "URL", "window", "document", "location", "localStorage", "matchMedia"].map((name) => [name, "readonly"])) } },
);
