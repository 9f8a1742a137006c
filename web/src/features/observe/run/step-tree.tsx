import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import type { Finding } from "@/features/judge/types";
import { duration } from "@/ui/format";
import { useRevealed } from "@/ui/reveal";
import { STEP_ROW, StepRow } from "./step-row";
import type { Row } from "./tree";

interface StepTreeProps {
  rows: readonly Row[];
  endMs: number;
  selected: string | undefined;
  suspicious: string | undefined;
  /** What was found, by step. */
  marks: ReadonlyMap<string, readonly Finding[]>;
  onSelect: (spanId: string) => void;
  onFold: (spanId: string) => void;
}

/** The tree with its waterfall. Virtual: 5,000 steps cost what fits on the screen. */
export function StepTree({ rows, endMs, selected, suspicious, marks, onSelect, onFold }: StepTreeProps) {
  const scroller = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtual list's own state; nothing here is memoised on it
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => STEP_ROW,
    overscan: 16,
    getItemKey: (index) => rows[index]?.step.span.span_id ?? index,
  });
  const at = useMemo(() => rows.findIndex((row) => row.step.span.span_id === selected), [rows, selected]);
  useRevealed(scroller, at, { row: STEP_ROW });
  return (
    <div className="@container flex h-full min-h-0 flex-col">
      <Ruler endMs={endMs} />
      <div
        ref={scroller}
        role="tree"
        aria-label="Steps of the run"
        aria-activedescendant={selected ? `step-${selected}` : undefined}
        tabIndex={0}
        className="min-h-0 flex-1 overflow-x-hidden overflow-y-auto outline-none focus-visible:outline-none"
      >
        <div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return row ? (
              <StepRow
                key={item.key}
                row={row}
                index={item.index}
                top={item.start}
                endMs={endMs}
                selected={item.index === at}
                suspicious={row.step.span.span_id === suspicious}
                found={marks.get(row.step.span.span_id)}
                onSelect={onSelect}
                onFold={onFold}
              />
            ) : null;
          })}
        </div>
      </div>
    </div>
  );
}

/** The time axis above the bars. */
function Ruler({ endMs }: { endMs: number }) {
  return (
    <div aria-hidden className="grid h-6 shrink-0 grid-cols-[minmax(0,1fr)_4rem_minmax(0,32%)] border-b border-line pr-3 pl-0.5">
      <span className="flex items-center pl-5 text-2xs text-muted">Step</span>
      <span className="pt-1 pr-2.5 text-right text-2xs text-muted">took</span>
      <span className="num relative text-2xs text-faint">
        {[0, 0.5, 1].map((share) => (
          <span
            key={share}
            className="absolute top-1 whitespace-nowrap"
            style={share === 1 ? { right: 0 } : { left: `${share * 100}%`, transform: share ? "translateX(-50%)" : "translateX(4px)" }}
          >
            {duration(endMs * share)}
          </span>
        ))}
      </span>
    </div>
  );
}
