import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import type { Run } from "@/client/types";
import { StatusMark } from "@/ui/badges";
import { cx } from "@/ui/classes";
import { useNarrow } from "@/ui/narrow";
import { useRevealed } from "@/ui/reveal";
import type { Column } from "./columns";
import { RUN_CARD, RunCard } from "./run-card";

const ROW = 36;
const HEAD = 32;

interface RunsTableProps {
  runs: readonly Run[];
  columns: readonly Column[];
  total: number | undefined;
  active: number;
  onActive: (index: number) => void;
  chosen: readonly string[];
  onChoose: (id: string) => void;
  hasMore: boolean;
  loadMore: () => void;
}

/** A virtual list of runs: only the rows in view are in the document, however many there are. */
export function RunsTable({ runs, columns, total, active, onActive, chosen, onChoose, hasMore, loadMore }: RunsTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  const height = narrow ? RUN_CARD : ROW;
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtual list's own state; nothing here is memoised on it
  const virtual = useVirtualizer({
    count: runs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
    getItemKey: (index) => runs[index]?.id ?? index,
  });
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && lastShown >= runs.length - 20) loadMore();
  }, [hasMore, lastShown, runs.length, loadMore]);
  useEffect(() => virtual.measure(), [virtual, height]);
  useRevealed(scroller, active, narrow ? { row: height } : { row: height, before: HEAD, covered: HEAD });
  const tracks = `20px ${columns.map((column) => column.width).join(" ")}`;
  if (narrow)
    return (
      <div ref={scroller} data-scroller className="h-full overflow-x-hidden overflow-y-auto" tabIndex={-1}>
        <ul aria-label="Runs" className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const run = runs[item.index];
            return run ? <RunCard key={item.key} run={run} index={item.index} top={item.start} active={item.index === active} onActive={onActive} /> : null;
          })}
        </ul>
      </div>
    );
  return (
    <div ref={scroller} data-scroller className="h-full overflow-auto" tabIndex={-1}>
      <div role="table" aria-label="Runs" aria-rowcount={total ?? -1} className="min-w-fit">
        <div role="rowgroup" className="sticky top-0 z-10 bg-surface">
          <div role="row" className="grid items-center gap-x-3 border-b border-line px-4 text-xs text-muted" style={{ gridTemplateColumns: tracks, height: HEAD }}>
            <span role="columnheader">
              <span className="sr-only">Status</span>
            </span>
            {columns.map((column) => (
              <span key={column.id} role="columnheader" className={cx("truncate", column.right && "text-right")}>
                {column.label}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const run = runs[item.index];
            return run ? (
              <Row
                key={item.key}
                run={run}
                index={item.index}
                columns={columns}
                tracks={tracks}
                top={item.start}
                active={item.index === active}
                chosen={chosen.includes(run.id)}
                onActive={onActive}
                onChoose={onChoose}
              />
            ) : null;
          })}
        </div>
      </div>
    </div>
  );
}

interface RowProps {
  run: Run;
  index: number;
  columns: readonly Column[];
  tracks: string;
  top: number;
  active: boolean;
  chosen: boolean;
  onActive: (index: number) => void;
  onChoose: (id: string) => void;
}

function Row({ run, index, columns, tracks, top, active, chosen, onActive, onChoose }: RowProps) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-active={active || undefined}
      className={cx(
        "group absolute inset-x-0 grid items-center gap-x-3 border-b border-line px-4",
        active ? "bg-selected" : chosen ? "bg-accent-soft" : "hover:bg-hover",
      )}
      style={{ gridTemplateColumns: tracks, height: ROW, transform: `translateY(${top}px)` }}
      onMouseDown={() => onActive(index)}
    >
      <span role="cell" className="relative flex items-center">
        <span className={cx(chosen ? "hidden" : "group-hover:invisible")}>
          <StatusMark status={run.status} />
        </span>
        <input
          type="checkbox"
          aria-label={`Choose run ${run.id} for comparing`}
          checked={chosen}
          onChange={() => onChoose(run.id)}
          className={cx("absolute left-0 z-1 size-3.5 accent-(--accent)", chosen ? "" : "opacity-0 group-hover:opacity-100 focus:opacity-100")}
        />
      </span>
      {columns.map((column, place) => (
        <span key={column.id} role="cell" className={cx("num flex min-w-0 items-center", column.right && "justify-end text-right")}>
          {place === 0 ? (
            <Link
              to="/runs/$runId"
              params={{ runId: run.id }}
              aria-label={`Open run ${run.name ?? run.id}`}
              tabIndex={active ? 0 : -1}
              className="absolute inset-0 left-9 rounded-none"
            />
          ) : null}
          {column.cell(run)}
        </span>
      ))}
    </div>
  );
}
