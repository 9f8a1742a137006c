import type { Span } from "@/client/types";

/** The steps of a run as a tree, and the rows of it that are shown. Pure, so that it can be tested. */

export interface Step {
  span: Span;
  children: Step[];
  parent: Step | undefined;
  depth: number;
  /** Steps below it, all levels. */
  below: number;
  /** Whether something below it went wrong: so that a folded branch still says so. */
  trouble: boolean;
}

export interface Tree {
  roots: Step[];
  byId: ReadonlyMap<string, Step>;
  /** Of the whole run, ms after its first step. */
  endMs: number;
}

export const isMerged = (span: Span): boolean => span.merged_into !== null;
export const hasFlag = (span: Span, flag: string): boolean => span.flags.includes(flag);
export const isBad = (span: Span): boolean => span.status === "error" && !isMerged(span);
export const isNegative = (span: Span): boolean => hasFlag(span, "negative_result") && !isMerged(span);

/**
 * Builds the tree. A step whose parent is not there becomes a root (it is marked `orphan`); of a circle of
 * parents the earliest step becomes a root. Every span is in the tree exactly once.
 */
export function buildTree(spans: readonly Span[]): Tree {
  const byId = new Map<string, Step>();
  for (const span of spans) byId.set(span.span_id, { span, children: [], parent: undefined, depth: 0, below: 0, trouble: false });
  const roots: Step[] = [];
  for (const step of byId.values()) {
    step.parent = step.span.parent_id ? byId.get(step.span.parent_id) : undefined;
    if (step.parent) step.parent.children.push(step);
    else roots.push(step);
  }
  const order = walkDown(roots);
  // What no root leads to hangs on a circle of parents: cut each circle once.
  if (order.length < byId.size) {
    const reached = new Set(order);
    for (const step of byId.values()) {
      if (reached.has(step)) continue;
      const cut = onCircle(step);
      if (cut.parent) cut.parent.children = cut.parent.children.filter((child) => child !== cut);
      cut.parent = undefined;
      roots.push(cut);
      for (const each of walkDown([cut])) {
        reached.add(each);
        order.push(each);
      }
    }
  }
  // Parents come before children, so going backwards adds up from the leaves.
  for (let i = order.length - 1; i >= 0; i -= 1) {
    const step = order[i];
    if (!step?.parent) continue;
    step.parent.below += step.below + 1;
    step.parent.trouble ||= step.trouble || isBad(step.span) || isNegative(step.span);
  }
  roots.sort(byStart);
  return { roots, byId, endMs: endOf(spans) };
}

function endOf(spans: readonly Span[]): number {
  return spans.reduce((end, span) => Math.max(end, span.offset_ms + (span.duration_ms ?? 0)), 1);
}

/** Steps below `roots`, parents before children; sets depths and puts children in order. */
function walkDown(roots: readonly Step[]): Step[] {
  const order: Step[] = [];
  const stack = [...roots].reverse();
  for (let step = stack.pop(); step; step = stack.pop()) {
    order.push(step);
    step.depth = step.parent ? step.parent.depth + 1 : 0;
    step.children.sort(byStart);
    for (let i = step.children.length - 1; i >= 0; i -= 1) {
      const child = step.children[i];
      if (child) stack.push(child);
    }
  }
  return order;
}

/** Walking up from a step that no root leads to ends in a circle: a step on it. */
function onCircle(from: Step): Step {
  const seen = new Set<Step>();
  let at = from;
  while (!seen.has(at)) {
    seen.add(at);
    if (!at.parent) return at;
    at = at.parent;
  }
  return at;
}

function byStart(a: Step, b: Step): number {
  return a.span.offset_ms - b.span.offset_ms;
}

export interface Row {
  step: Step;
  folded: boolean;
  /** Shown only because something below it matches. */
  dim: boolean;
}

/** Kinds that carry what others do: frameworks' own machinery, HTTP calls, templates. */
const PLUMBING = new Set(["chain", "other", "prompt"]);

/**
 * The steps that matter to a reader: without the framework's machinery and without duplicates, each hung
 * on the nearest step above it that is kept. What went wrong is kept whatever it is.
 */
export function keySteps(spans: readonly Span[]): Span[] {
  const byId = new Map(spans.map((span) => [span.span_id, span]));
  const kept = new Set(spans.filter((span) => !isMerged(span) && (!PLUMBING.has(span.kind) || isBad(span) || isNegative(span))).map((span) => span.span_id));
  return spans
    .filter((span) => kept.has(span.span_id))
    .map((span) => {
      let above = span.parent_id;
      for (const seen = new Set<string>(); above && !kept.has(above) && !seen.has(above); ) {
        seen.add(above);
        above = byId.get(above)?.parent_id ?? null;
      }
      return above === span.parent_id ? span : { ...span, parent_id: above && kept.has(above) ? above : null };
    });
}

/** Rows in the order they are drawn. With `matches`, only matching steps and those above them. */
export function rowsOf(tree: Tree, folded: ReadonlySet<string>, matches?: (span: Span) => boolean): Row[] {
  const shown = matches ? shownBy(tree, matches) : undefined;
  const rows: Row[] = [];
  const stack = [...tree.roots].reverse();
  for (let step = stack.pop(); step; step = stack.pop()) {
    const state = shown?.get(step);
    if (shown && state === undefined) continue;
    // A search looks into folded branches too.
    const isFolded = !shown && step.children.length > 0 && folded.has(step.span.span_id);
    rows.push({ step, folded: isFolded, dim: state === "above" });
    if (isFolded) continue;
    for (let i = step.children.length - 1; i >= 0; i -= 1) {
      const child = step.children[i];
      if (child) stack.push(child);
    }
  }
  return rows;
}

function shownBy(tree: Tree, matches: (span: Span) => boolean): Map<Step, "match" | "above"> {
  const shown = new Map<Step, "match" | "above">();
  for (const step of tree.byId.values()) {
    if (!matches(step.span)) continue;
    shown.set(step, "match");
    for (let at = step.parent; at && !shown.has(at); at = at.parent) shown.set(at, "above");
  }
  return shown;
}

/** Ids of all steps that have something below them. */
export function foldable(tree: Tree): string[] {
  return [...tree.byId.values()].filter((step) => step.children.length > 0).map((step) => step.span.span_id);
}

/** Whether a step matches what was typed: its name, kind, tool, model, agent or error. */
export function matcher(find: string | undefined, only: "key" | "errors" | "model" | "tools" | undefined): ((span: Span) => boolean) | undefined {
  const words = find?.trim().toLowerCase();
  if (!words && (!only || only === "key")) return undefined;
  return (span) => {
    if (only === "errors" && !isBad(span) && !isNegative(span)) return false;
    if (only === "model" && (span.kind !== "llm" || isMerged(span))) return false;
    if (only === "tools" && (!["tool", "mcp"].includes(span.kind) || isMerged(span))) return false;
    if (!words) return true;
    return [span.name, span.kind, span.tool_name, span.model, span.agent, span.error, span.error_type].some((each) =>
      each?.toLowerCase().includes(words),
    );
  };
}
