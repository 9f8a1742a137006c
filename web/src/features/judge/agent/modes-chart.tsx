import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { TimeRange } from "@/client/time-range";
import { filterText } from "@/features/observe/filters";
import { runsOf } from "@/features/observe/links";
import { count, lengthOfTime } from "@/ui/format";
import type { Quality } from "../types";
import { Box } from "./box";
import { stack } from "./stack";
import { bucketLabel, timeOf } from "./success-chart";

const HIGH = 110;
const COLOURS = ["--bad-mark", "--warn-mark", "--kind-agent", "--kind-llm", "--kind-retrieval", "--kind-other"];
const colour = (index: number) => `var(${COLOURS[index] ?? "--kind-other"})`;

/** In which ways runs failed, over time. A run that failed in two ways is in both. */
export function ModesOverTime({ quality, range, agent }: { quality: Quality; range: TimeRange; agent: string }) {
  const { legend, bars } = useMemo(() => {
    const starts = [...quality.success.by_bucket.map((each) => each.start), ...quality.modes_by_bucket.map((each) => each.bucket)].map((each) => Date.parse(each));
    const buckets = [...new Set(starts)].sort((a, b) => a - b).map((each) => new Date(each).toISOString());
    return stack(quality.modes_by_bucket, buckets);
  }, [quality]);
  const top = Math.max(1, ...bars.map((bar) => bar.total));
  const of = (mode: string | null) => [filterText("agent", "eq", agent), mode === null ? filterText("modes", "exists") : filterText("modes", "eq", mode)];
  return (
    <Box title="Ways of failing" aside={<span className="text-2xs text-muted">runs per {lengthOfTime(quality.bucket_ms / 1000)}, at most {count(top)}</span>}>
      {legend.length === 0 ? (
        <p className="px-4 py-12 text-center text-xs text-muted">No detector, judge or person named a way of failing in this time.</p>
      ) : (
        <div className="px-4 pt-3 pb-3">
          <div className="flex items-end gap-px border-b border-line-strong" style={{ height: HIGH }}>
            {bars.map((bar) => {
              const words = `${bucketLabel(bar.start, quality.bucket_ms)}: ${legend.flatMap((each, index) => (bar.runs[index] ? [`${bar.runs[index]} ${each.name}`] : [])).join(", ") || "none"}`;
              return (
                <Link key={bar.start} to="/runs" search={runsOf(timeOf(bar, quality), filterText("agent", "eq", agent), filterText("modes", "exists"))} title={words} aria-label={words} className="flex h-full max-w-16 min-w-0 flex-1 flex-col-reverse rounded-t-xs hover:bg-hover">
                  {bar.runs.map((runs, index) => (runs ? <i key={index} className="block shrink-0" style={{ height: `${(runs / top) * 100}%`, background: colour(index) }} /> : null))}
                </Link>
              );
            })}
          </div>
          <div aria-hidden className="num flex justify-between pt-1 text-2xs text-faint">
            <span>{bars[0] ? bucketLabel(bars[0].start, quality.bucket_ms) : ""}</span>
            <span>{bucketLabel(bars.at(-1)?.start ?? quality.to, quality.bucket_ms)}</span>
          </div>
          <ul className="mt-2 grid gap-x-6 gap-y-0.5 text-xs sm:grid-cols-2">
            {legend.map((each, index) => (
              <li key={each.mode ?? ""}>
                <Link to="/runs" search={runsOf(range, ...of(each.mode))} className="flex min-h-6 items-center gap-2 rounded hover:link">
                  <i className="size-2 shrink-0 rounded-xs" style={{ background: colour(index) }} aria-hidden />
                  <span className="min-w-0 flex-1 truncate">{each.name}</span>
                  <span className="num text-muted">{count(each.runs)}</span>
                </Link>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Box>
  );
}
