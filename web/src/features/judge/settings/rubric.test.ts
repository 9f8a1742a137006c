import { expect, test } from "vitest";
import { labelLines, readLabels } from "./rubric";

const labels = [
  { name: "right", value: 1, meaning: "Every fact: as asked.", mode: "" },
  { name: "invented", value: 0, meaning: "Nothing [seen] explains it.", mode: "ungrounded" },
  { name: "not applicable", value: null, meaning: "", mode: "" },
];

test("labels survive being written and read", () => {
  expect(labelLines(labels)).toBe("right = 1: Every fact: as asked.\ninvented = 0 [ungrounded]: Nothing [seen] explains it.\nnot applicable = none");
  expect(readLabels(labelLines(labels))).toEqual({ labels, wrong: [] });
});

test("a value outside of 0 and 1, and a line without one, are named", () => {
  expect(readLabels("right = 2\nwrong").wrong).toHaveLength(2);
  expect(readLabels("right = much").wrong).toHaveLength(1);
});

test("one answer is no choice", () => expect(readLabels("right = 1").wrong[0]).toMatch(/two answers/));
