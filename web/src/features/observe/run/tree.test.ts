import { describe, expect, test } from "vitest";
import type { Span } from "@/client/types";
import { firstSuspicious } from "./signals";
import { buildTree, foldable, keySteps, matcher, rowsOf } from "./tree";

const span = (span_id: string, parent_id: string | null, more: Partial<Span> = {}) =>
  ({ span_id, parent_id, name: span_id, kind: "other", status: "ok", flags: [], merged_into: null, offset_ms: 0, duration_ms: 1, ...more }) as unknown as Span;
const ids = (rows: ReturnType<typeof rowsOf>) => rows.map((row) => "  ".repeat(row.step.depth) + row.step.span.span_id);
const none = new Set<string>();

describe("the tree", () => {
  test("children stand below their parents, in order of start", () => {
    const tree = buildTree([span("late", "root", { offset_ms: 9 }), span("root", null), span("early", "root", { offset_ms: 2 }), span("leaf", "early", { offset_ms: 3 })]);
    expect(ids(rowsOf(tree, none))).toEqual(["root", "  early", "    leaf", "  late"]);
    expect(tree.byId.get("root")?.below).toBe(3);
    expect(tree.endMs).toBe(10);
  });
  test("a step whose parent never came is a root", () => {
    expect(ids(rowsOf(buildTree([span("a", "gone"), span("b", null)]), none))).toEqual(["a", "b"]);
  });
  test("circles of parents are cut, and every step is there once", () => {
    const rows = rowsOf(buildTree([span("a", "b"), span("b", "c"), span("c", "a"), span("self", "self")]), none);
    expect(rows.map((row) => row.step.span.span_id).sort()).toEqual(["a", "b", "c", "self"]);
  });
  test("what hangs on a circle stays below it", () => {
    const tree = buildTree([span("leaf", "a"), span("a", "b"), span("b", "a")]);
    expect(tree.byId.get("leaf")?.parent?.span.span_id).toBe("a");
    expect(tree.roots).toHaveLength(1);
  });
  test("a folded step hides what is below, and says how much", () => {
    const tree = buildTree([span("root", null), span("a", "root"), span("b", "a")]);
    const rows = rowsOf(tree, new Set(["a"]));
    expect(ids(rows)).toEqual(["root", "  a"]);
    expect(rows[1]?.folded).toBe(true);
    expect(foldable(tree)).toEqual(["root", "a"]);
  });
  test("20,000 steps in a chain do not overflow the stack", () => {
    const spans = Array.from({ length: 20_000 }, (_, i) => span(String(i), i ? String(i - 1) : null));
    expect(rowsOf(buildTree(spans), none)).toHaveLength(20_000);
  });
});

describe("a search", () => {
  const tree = buildTree([span("root", null), span("a", "root", { kind: "tool", status: "error" }), span("b", "root"), span("c", "b", { error: "boom" })]);
  test("keeps what matches and what is above it", () => {
    const rows = rowsOf(tree, new Set(["b"]), matcher("boom", undefined));
    expect(ids(rows)).toEqual(["root", "  b", "    c"]);
    expect(rows.map((row) => row.dim)).toEqual([true, true, false]);
  });
  test("errors only", () => expect(ids(rowsOf(tree, none, matcher(undefined, "errors")))).toEqual(["root", "  a"]));
  test("no search shows all", () => expect(matcher(" ", undefined)).toBeUndefined());
});

describe("the first suspicious step", () => {
  const find = (...spans: Span[]) => firstSuspicious(spans, buildTree(spans))?.span_id;
  test("is where an error began, not where it ended up", () => {
    expect(find(span("agent", null, { status: "error" }), span("tool", "agent", { status: "error", offset_ms: 5 }))).toBe("tool");
  });
  test("a negative result before an error comes first", () => {
    expect(find(span("agent", null), span("no", "agent", { flags: ["negative_result"], offset_ms: 1 }), span("err", "agent", { status: "error", offset_ms: 2 }))).toBe("no");
  });
  test("merged duplicates do not count", () => {
    expect(find(span("a", null, { status: "error", merged_into: "b" }), span("b", null))).toBeUndefined();
  });
});

test("key steps leave out machinery and duplicates, and hang on what is kept", () => {
  const spans = [
    span("agent", null, { kind: "agent" }),
    span("chain", "agent", { kind: "chain" }),
    span("chain2", "chain", { kind: "chain" }),
    span("llm", "chain2", { kind: "llm" }),
    span("copy", "llm", { kind: "llm", merged_into: "llm" }),
    span("http", "llm", { kind: "other", status: "error" }),
  ];
  expect(ids(rowsOf(buildTree(keySteps(spans)), none))).toEqual(["agent", "  llm", "    http"]);
});
