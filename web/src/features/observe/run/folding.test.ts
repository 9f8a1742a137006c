import { expect, test } from "vitest";
import type { Span } from "@/client/types";
import { opened, readFold, turned, writeFold } from "./folding";
import { buildTree, foldable } from "./tree";

const span = (span_id: string, parent_id: string | null) => ({ span_id, parent_id, name: span_id, kind: "other", status: "ok", flags: [], merged_into: null, offset_ms: 0, duration_ms: 1 }) as unknown as Span;
const id = (start: string) => start.padEnd(16, "0");
const [root, left, right, twin] = [id("aaaa1111"), id("bbbb2222"), id("cccc3333"), `cccc3333${"1".repeat(8)}`] as const;
const tree = buildTree([span(root, null), span(left, root), span(right, root), span(twin, root), ...[left, right, twin].map((each, n) => span(id(`dddd000${n}`), each))]);

test("what is folded is written short and read back", () => {
  const text = writeFold(new Set([left]), tree);
  expect(text).toBe("bbbb2222");
  expect(readFold(text, tree)).toEqual(new Set([left]));
});

test("nothing folded leaves the address alone", () => {
  expect(writeFold(new Set(), tree)).toBeUndefined();
  expect(readFold(undefined, tree)).toEqual(new Set());
});

test("all folded is one word, whatever the size of the tree", () => {
  const all = new Set(foldable(tree));
  expect(writeFold(all, tree)).toBe("all");
  expect(readFold("all", tree)).toEqual(all);
});

test("all but a few names the few", () => {
  const text = turned("all", root, tree);
  expect(text).toBe("all,-aaaa1111");
  expect(readFold(text, tree)).toEqual(new Set([left, right, twin]));
});

test("ids that begin alike are written whole, and stay apart", () => {
  const text = writeFold(new Set([right]), tree);
  expect(text).toBe(right);
  expect(readFold(text, tree)).toEqual(new Set([right]));
});

test("a branch that leads to a chosen step is opened, others stay", () => {
  expect(readFold(opened("all", [root, left], tree), tree)).toEqual(new Set([right, twin]));
  expect(opened("bbbb2222", [right], tree)).toBe("bbbb2222");
});

test("an old link to steps that are gone folds nothing", () => {
  expect(readFold("ffff9999,eeee8888", tree)).toEqual(new Set());
});
