import { expect, test } from "vitest";
import { statesOf, toggled } from "./selection";
import { steady } from "./steady";

test("rows stay where they are, new ones come last", () => {
  const rows = [{ id: "new" }, { id: "b" }, { id: "a" }];
  expect(steady(rows, ["a", "gone", "b"]).map((row) => row.id)).toEqual(["a", "b", "new"]);
});

test("the same key resolves and opens again", () => {
  expect(toggled({ state: "open" }, "resolved").change).toEqual({ state: "resolved" });
  expect(toggled({ state: "resolved" }, "resolved").change).toEqual({ state: "open" });
  expect(toggled({ state: "regressed" }, "muted").change).toEqual({ state: "muted" });
});

test("without a word on the state, those that want somebody are shown, also those that came back", () => {
  expect(statesOf(undefined)).toEqual(["open", "regressed"]);
  expect(statesOf("muted")).toEqual(["muted"]);
  expect(statesOf("all")).toHaveLength(4);
});
