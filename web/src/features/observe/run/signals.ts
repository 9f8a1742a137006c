import type { Run, Span } from "@/client/types";
import { plural } from "@/ui/format";
import { hasFlag, isBad, isMerged, isNegative, type Tree } from "./tree";

/** What in a run deserves a look, and where. */

export interface Signal {
  id: string;
  tone: "bad" | "warn" | "quiet";
  text: string;
  /** What it means, for those who do not know. */
  help: string;
  /** The first step it is about. */
  spanId?: string | undefined;
}

function first(spans: readonly Span[], test: (span: Span) => boolean): Span | undefined {
  let found: Span | undefined;
  for (const span of spans) if (test(span) && (!found || span.offset_ms < found.offset_ms)) found = span;
  return found;
}

/**
 * The first step that went wrong: an error, a failure that said OK, or a result that says no. Of an error
 * that climbs from a step to those above it, the lowest counts: that is where it began.
 */
export function firstSuspicious(spans: readonly Span[], tree: Tree): Span | undefined {
  return first(spans, (span) => {
    if (isNegative(span)) return true;
    if (!isBad(span)) return false;
    return !(tree.byId.get(span.span_id)?.trouble ?? false);
  });
}

export function suspicionOf(span: Span): string {
  if (hasFlag(span, "inferred_error")) return "said OK, but what it carried is a failure";
  if (isBad(span)) return span.error ?? span.error_type ?? "ended with an error";
  return isNegative(span) ? "its result says no" : "";
}

export function signalsOf(run: Run, spans: readonly Span[]): Signal[] {
  const signals: Signal[] = [];
  const add = (amount: number, signal: Omit<Signal, "spanId">, test: (span: Span) => boolean) => {
    if (amount > 0) signals.push({ ...signal, spanId: first(spans, test)?.span_id });
  };
  const flagged = (flag: string) => spans.filter((span) => hasFlag(span, flag)).length;
  const hidden = run.inferred_failed_tool_calls;
  add(
    run.failed_tool_calls,
    {
      id: "tools",
      tone: "bad",
      text: `${plural(run.failed_tool_calls, "tool call")} failed${hidden ? ` (${hidden} said OK)` : ""}`,
      help: "Tool calls that ended with an error, or whose result turned out to be one",
    },
    (span) => isBad(span) && ["tool", "mcp"].includes(span.kind),
  );
  add(
    run.failed_model_calls,
    { id: "models", tone: "bad", text: `${plural(run.failed_model_calls, "model call")} failed`, help: "Model calls that were not answered" },
    (span) => isBad(span) && span.kind === "llm",
  );
  add(
    run.negative_results,
    { id: "negative", tone: "warn", text: plural(run.negative_results, "negative result"), help: "Tool results that say no without being failures" },
    isNegative,
  );
  add(
    run.missing_parents,
    { id: "parents", tone: "warn", text: `${plural(run.missing_parents, "parent")} missing`, help: "Steps hang on parents that were never received: the picture may be incomplete" },
    (span) => hasFlag(span, "orphan"),
  );
  if (run.status !== "running")
    add(
      run.unended_spans,
      { id: "unended", tone: "warn", text: `${plural(run.unended_spans, "step")} never ended`, help: "The process may have died, or its last spans were not sent" },
      (span) => hasFlag(span, "unended"),
    );
  add(flagged("clock_skew"), { id: "clock", tone: "warn", text: "a clock is off", help: "Times of some steps are more than a day away from when they arrived" }, (span) =>
    hasFlag(span, "clock_skew"),
  );
  add(run.merged_spans, { id: "merged", tone: "quiet", text: `${plural(run.merged_spans, "duplicate")} merged`, help: "Two instrumentations reported the same calls; each is counted once" }, isMerged);
  add(
    spans.filter((span) => hasFlag(span, "inferred") && !isMerged(span)).length,
    { id: "inferred", tone: "quiet", text: `${plural(spans.filter((s) => hasFlag(s, "inferred")).length, "step")} inferred`, help: "No span was sent for them: they were read out of messages" },
    (span) => hasFlag(span, "inferred"),
  );
  add(flagged("masked"), { id: "masked", tone: "quiet", text: "secrets masked", help: "Keys, tokens or passwords were masked before anything was stored" }, (span) => hasFlag(span, "masked"));
  return signals;
}
