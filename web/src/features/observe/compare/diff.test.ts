import { expect, test } from "vitest";
import { diffWords } from "./diff";

const marked = (pieces: { text: string; same: boolean }[]) => pieces.map((piece) => (piece.same ? piece.text : `[${piece.text}]`)).join("");

test("words that differ are marked on both sides", () => {
  const { left, right } = diffWords("refund the red shoes today", "refund the blue shoes now");
  expect(marked(left)).toBe("refund the [red] shoes [today]");
  expect(marked(right)).toBe("refund the [blue] shoes [now]");
});

test("a word put in is marked on one side only", () => {
  const { left, right } = diffWords("a b", "a x b");
  expect(marked(left)).toBe("a b");
  expect(marked(right)).toBe("a [x ]b");
});

test("nothing is lost", () => {
  const a = '{"a": 1,\n "b": [2, 3]}';
  const b = '{"b": [2, 4], "c": "ü"}';
  const { left, right } = diffWords(a, b);
  expect(left.map((piece) => piece.text).join("")).toBe(a);
  expect(right.map((piece) => piece.text).join("")).toBe(b);
});
