import { describe, expect, test } from "vitest";
import { readFilter, readTyped, writeFilter } from "./filters";

describe("filters in the URL", () => {
  test.each(["status:eq:error", "attributes.http.url:contains:https://x:80/a", "error:missing", "agent:in:a,b"])(
    "%s is read and written back",
    (text) => {
      const filter = readFilter(text);
      expect(filter && writeFilter(filter)).toBe(text);
    },
  );
  test("signs are read as names", () => expect(readFilter("cost_usd:>=:0.5")).toEqual({ field: "cost_usd", op: "ge", value: "0.5" }));
  test("anything else is no filter", () => expect(readFilter("hello there")).toBeUndefined());
});

describe("filters as people type them", () => {
  test.each([
    ["status=error", { field: "status", op: "eq", value: "error" }],
    ["cost_usd > 0.1", { field: "cost_usd", op: "gt", value: "0.1" }],
    ["agent~shop bot", { field: "agent", op: "contains", value: "shop bot" }],
    ['user_id!="a b"', { field: "user_id", op: "ne", value: "a b" }],
    ["attributes.tenant?", { field: "attributes.tenant", op: "exists", value: "" }],
  ])("%s", (text, filter) => expect(readTyped(text)).toEqual(filter));
  test("words are a full-text search, not a filter", () => expect(readTyped("where is my refund")).toBeUndefined());
});
