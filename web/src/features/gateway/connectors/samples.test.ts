import { expect, test } from "vitest";
import { argumentsOf, objectOf } from "./samples";

test("what a tool must be given stands there in its own type", () => {
  const schema = {
    properties: { id: { type: "integer" }, name: { type: "string" }, mode: { enum: ["fast", "slow"] }, tags: { type: ["array", "null"] }, far: { type: "number", default: 5 }, note: { type: "string" } },
    required: ["id", "name", "mode", "tags", "far"],
  };

  expect(argumentsOf(schema)).toEqual({ id: 0, name: "", mode: "fast", tags: [], far: 5 });
  expect(argumentsOf({})).toEqual({});
});

test("a text is an object, or it is said why not", () => {
  expect(objectOf('{"a": 1}')).toEqual({ value: { a: 1 } });
  expect(objectOf(" ")).toEqual({ value: {} });
  expect(objectOf("[1]")).toHaveProperty("fault");
  expect(objectOf("{")).toHaveProperty("fault");
});
