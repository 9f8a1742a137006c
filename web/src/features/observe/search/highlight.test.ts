import { expect, test } from "vitest";
import { byRun, highlight } from "./highlight";

test("words are found without regard to case, and signs in them are no pattern", () => {
  expect(highlight("The Order (48213) was late", "order 48213?")).toEqual([
    { text: "The ", hit: false },
    { text: "Order", hit: true },
    { text: " (", hit: false },
    { text: "48213", hit: true },
    { text: ") was late", hit: false },
  ]);
});

test("signs alone mark nothing", () => expect(highlight("a+b", "+")).toEqual([{ text: "a+b", hit: false }]));

test("whole words are marked, as they are searched for", () => {
  expect(highlight("issue_refund refunds a refund", "refund").filter((piece) => piece.hit)).toHaveLength(2);
  expect(highlight("東京タワーへ", "タワー")).toContainEqual({ text: "タワー", hit: true });
});

test("hits of one run stand together", () => {
  const groups = byRun([{ run_id: "a" }, { run_id: "a" }, { run_id: "b" }, { run_id: null }, { run_id: null }]);
  expect(groups.map((group) => group.length)).toEqual([2, 1, 1, 1]);
});
