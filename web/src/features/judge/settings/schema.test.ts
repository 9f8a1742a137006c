import { expect, test } from "vitest";
import { configOf, drawn, fieldsOf } from "./schema";

const schema = {
  $defs: { Where: { type: "string", enum: ["answer", "input"] }, Expected: { type: "object" } },
  required: ["pattern", "expected"],
  properties: {
    where: { $ref: "#/$defs/Where", default: "answer", description: "Which text." },
    pattern: { type: "string", maxLength: 5000 },
    limit: { anyOf: [{ type: "number" }, { type: "null" }], default: null },
    phrases: { type: "array", items: { type: "string" }, default: [] },
    expected: { type: "array", items: { $ref: "#/$defs/Expected" } },
    ignore_case: { type: "boolean", default: true },
    json_schema: { anyOf: [{ type: "object" }, { type: "boolean" }] },
  },
};
const fields = fieldsOf(schema);

test("each shape gets its own kind of field", () => {
  expect(Object.fromEntries(fields.map((each) => [each.name, each.kind]))).toEqual({
    where: "choice",
    pattern: "long",
    limit: "number",
    phrases: "lines",
    expected: "json",
    ignore_case: "switch",
    json_schema: "json",
  });
  expect(fields[0]).toMatchObject({ label: "Where", help: "Which text.", choices: ["answer", "input"], required: false });
  expect(fields[2]?.nullable).toBe(true);
});

test("defaults are drawn, and what was saved before them", () => {
  const [where, , limit, , , ignoreCase] = fields;
  expect(where && drawn(where, undefined)).toBe("answer");
  expect(limit && drawn(limit, 3)).toBe("3");
  expect(ignoreCase && drawn(ignoreCase, undefined)).toBe("true");
});

test("a form is read into a configuration; what is not there is left to the server", () => {
  const { config, wrong } = configOf(fields, { pattern: "a+", limit: "", phrases: "one\n\n two ", expected: '[{"tool": "x"}]', ignore_case: "" }, {});
  expect(wrong).toEqual([]);
  expect(config).toEqual({ where: "answer", pattern: "a+", limit: null, phrases: ["one", "two"], expected: [{ tool: "x" }], ignore_case: false });
});

test("what is missing or broken is named", () => {
  const { wrong } = configOf(fields, { expected: "[", limit: "many" }, {});
  expect(wrong).toHaveLength(3);
  expect(wrong.join()).toMatch(/Pattern: needed.*Limit: expected a number.*Expected: not valid JSON/);
});
