import { ChevronRight, CircleAlert, CircleMinus, Eye, Unplug } from "lucide-react";
import { memo } from "react";
import type { Span } from "@/client/types";
import type { Finding } from "@/features/judge/types";
import { FindingIcon } from "@/features/judge/verdict/findings";
import { cx } from "@/ui/classes";
import { compact, duration, money } from "@/ui/format";
import { KindIcon, kindLook } from "@/ui/kinds";
import { hasFlag, isBad, isMerged, isNegative, type Row } from "./tree";

export const STEP_ROW = 28;

interface StepRowProps {
  row: Row;
  index: number;
  top: number;
  endMs: number;
  selected: boolean;
  suspicious: boolean;
  /** What detectors found in it. */
  found: readonly Finding[] | undefined;
  onSelect: (spanId: string) => void;
  onFold: (spanId: string) => void;
}

/** One step: its place in the tree, its marks, its figures, and its time on the waterfall. */
export const StepRow = memo(function StepRow({ row, index, top, endMs, selected, suspicious, found, onSelect, onFold }: StepRowProps) {
  const { step, folded, dim } = row;
  const { span } = step;
  const merged = isMerged(span);
  const hasChildren = step.children.length > 0;
  return (
    <div
      role="treeitem"
      id={`step-${span.span_id}`}
      aria-level={step.depth + 1}
      aria-posinset={index + 1}
      aria-selected={selected}
      aria-expanded={hasChildren ? !folded : undefined}
      className={cx(
        "group absolute inset-x-0 grid cursor-default grid-cols-[minmax(0,1fr)_4rem_minmax(0,32%)] items-center border-l-2 pr-3 text-xs select-none",
        selected ? "border-accent bg-selected" : "border-transparent hover:bg-hover",
        (dim || merged) && "text-faint",
      )}
      style={{ height: STEP_ROW, transform: `translateY(${top}px)` }}
      onClick={() => onSelect(span.span_id)}
      onDoubleClick={() => hasChildren && onFold(span.span_id)}
    >
      <div className="flex min-w-0 items-center gap-1.5" style={{ paddingLeft: 6 + Math.min(step.depth, 24) * 14 }}>
        {hasChildren ? (
          <span
            aria-hidden
            className="-m-1 flex size-6 shrink-0 cursor-pointer items-center justify-center rounded text-faint hover:text-text"
            onClick={(event) => {
              event.stopPropagation();
              onFold(span.span_id);
            }}
          >
            <ChevronRight className={cx("size-3.5 transition-transform", !folded && "rotate-90")} />
          </span>
        ) : (
          <span className="w-4 shrink-0" />
        )}
        <KindIcon kind={span.kind} />
        <span className={cx("min-w-0 truncate", merged && "line-through decoration-line-strong", ["agent", "workflow"].includes(span.kind) && "font-medium")}>
          {titleOf(span)}
        </span>
        {span.kind === "llm" && span.model && !span.name.includes(span.model) ? (
          <span className="hidden min-w-12 shrink-[3] truncate text-2xs text-faint @[760px]:inline" title={span.model}>
            {span.model}
          </span>
        ) : null}
        <Marks span={span} suspicious={suspicious} found={found} />
        {folded ? (
          <span className={cx("num shrink-0 rounded px-1 text-2xs", step.trouble ? "bg-bad-soft text-bad" : "bg-hover text-muted")} title={step.trouble ? "Something below went wrong" : undefined}>
            +{step.below}
          </span>
        ) : null}
        <span className="num ml-auto hidden shrink-0 items-center gap-3 pl-2 text-2xs text-muted @[600px]:flex">
          {span.input_tokens !== null || span.output_tokens !== null ? (
            <span title="Tokens in and out">
              {compact(span.input_tokens)} → {compact(span.output_tokens)}
            </span>
          ) : null}
          {span.cost_usd !== null ? <span title="Cost">{money(span.cost_usd)}</span> : null}
        </span>
      </div>
      <span className="num pr-2.5 text-right text-2xs whitespace-nowrap text-muted" title={span.duration_ms === null ? "It has not ended" : undefined}>
        {duration(span.duration_ms)}
      </span>
      <Bar span={span} endMs={endMs} pale={dim || merged} />
    </div>
  );
});

/** What a step is called in the tree: what it did matters more than the name its framework gave it. */
export function titleOf(span: Span): string {
  if (span.kind === "handoff" && span.handoff_to) return `hand-off to ${span.handoff_to}`;
  if ((span.kind === "tool" || span.kind === "mcp") && span.tool_name) return span.tool_name;
  return span.name || kindLook(span.kind).label;
}

function Marks({ span, suspicious, found }: { span: Span; suspicious: boolean; found: readonly Finding[] | undefined }) {
  return (
    <span className="flex shrink-0 items-center gap-1 [&_svg]:size-3.5">
      {isBad(span) ? (
        <span title={`${hasFlag(span, "inferred_error") ? "Said OK, but failed: " : ""}${span.error ?? span.error_type ?? "error"}`.slice(0, 300)}>
          <CircleAlert className="text-bad" role="img" aria-label="error" />
        </span>
      ) : null}
      {isNegative(span) ? (
        <span title="Its result says no, without being a failure">
          <CircleMinus className="text-warn" role="img" aria-label="negative result" />
        </span>
      ) : null}
      {found ? (
        <span className="flex items-center gap-0.5" title={found.map((each) => `${each.title}: ${each.reason}`).join("\n").slice(0, 600)}>
          <FindingIcon finding={{ suspicious: found.some((each) => each.suspicious) }} />
          {found.length > 1 ? <span className="num text-2xs text-muted">{found.length}</span> : null}
        </span>
      ) : null}
      {hasFlag(span, "orphan") ? (
        <span title="Its parent was not received">
          <Unplug className="text-warn" role="img" aria-label="parent missing" />
        </span>
      ) : null}
      {hasFlag(span, "inferred") ? (
        <span className="rounded border border-dashed border-line-strong px-1 text-2xs text-muted" title="No span was sent for this step: it was read out of messages">
          inferred
        </span>
      ) : null}
      {isMerged(span) ? (
        <span className="text-2xs text-muted" title="Reports the same call as another step; shown, not counted">
          duplicate
        </span>
      ) : null}
      {suspicious ? (
        <span title="First suspicious step" className="flex items-center gap-1 rounded bg-bad-soft px-1 text-2xs font-medium text-bad">
          <Eye role="img" aria-label="first suspicious step" /> <span className="hidden @[440px]:inline">look here</span>
        </span>
      ) : null}
    </span>
  );
}

/** Its time on the run's time. */
function Bar({ span, endMs, pale }: { span: Span; endMs: number; pale: boolean }) {
  const left = Math.min(99.6, Math.max(0, (span.offset_ms / endMs) * 100));
  const width = Math.min(100 - left, ((span.duration_ms ?? 0) / endMs) * 100);
  const bad = isBad(span);
  const color = bad ? "var(--bad-mark)" : kindLook(span.kind).color;
  const inferred = hasFlag(span, "inferred");
  const open = span.duration_ms === null;
  return (
    <div className="relative h-full border-l border-line">
      <div
        className="absolute top-1/2 h-2 min-w-[3px] -translate-y-1/2 rounded-xs"
        style={{
          left: `${left}%`,
          width: open ? `${100 - left}%` : `${width}%`,
          background: inferred ? "transparent" : open ? `linear-gradient(90deg, ${color}, transparent)` : color,
          opacity: pale ? 0.3 : ["agent", "workflow", "chain"].includes(span.kind) && !bad ? 0.4 : 0.85,
          ...(inferred ? { border: `1px dashed ${color}` } : {}),
        }}
      />
    </div>
  );
}
