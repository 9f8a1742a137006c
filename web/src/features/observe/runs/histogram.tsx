import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { boundMs, bucketSeconds, DEFAULT_RANGE } from "@/client/time-range";
import type { AggregateRow } from "@/client/types";
import { useMinute } from "@/ui/time";
import { histogramQuery, type RunSelection } from "../queries";

const TimeChart = lazy(() => import("@/ui/time-chart").then((module) => ({ default: module.TimeChart })));

const HEIGHT = 72;

interface HistogramProps {
  project: string;
  selection: RunSelection;
  /** Unix ms of the first run there is: where "all time" begins. */
  firstMs: number | undefined;
  onRange: (from: string, to: string) => void;
}

/** How many runs, and how many with an error, over the time shown; drag to look closer. */
export function Histogram({ project, selection, firstMs, onRange }: HistogramProps) {
  const now = useMinute();
  const from = boundMs(selection.from ?? DEFAULT_RANGE, now) ?? firstMs ?? now - 86_400_000;
  const to = boundMs(selection.to, now) ?? now;
  const bucket = bucketSeconds(Math.max(60_000, to - from), 90);
  const { data } = useQuery(histogramQuery(project, selection, asLength(bucket)));
  const chart = useMemo(() => fill(data?.items ?? [], from, to, bucket), [data, from, to, bucket]);
  return (
    <div className="border-b border-line bg-surface px-2 pt-2" style={{ height: HEIGHT + 24 }}>
      <Suspense>
        <TimeChart
          label="Runs"
          height={HEIGHT}
          times={chart.times}
          series={chart.series}
          bucketSeconds={bucket}
          onRange={(start, end) => onRange(new Date(start * 1000).toISOString(), new Date(end * 1000).toISOString())}
        />
      </Suspense>
    </div>
  );
}

/** Seconds as the API writes lengths of time: "15m", "3h", "7d". */
export function asLength(seconds: number): string {
  if (seconds % 86_400 === 0) return `${seconds / 86_400}d`;
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/** One point for each bucket, empty ones too: the server leaves those out. */
export function fill(rows: readonly AggregateRow[], fromMs: number, toMs: number, bucket: number) {
  const known = new Map(rows.map((row) => [Math.round(Date.parse(row.bucket_start ?? "") / 1000), row]));
  const times: number[] = [];
  for (let at = Math.floor(fromMs / 1000 / bucket) * bucket; at * 1000 < toMs; at += bucket) times.push(at);
  return {
    times,
    series: [
      { label: "runs", token: "chart-runs", values: times.map((at) => known.get(at)?.runs ?? 0) },
      { label: "with an error", token: "bad-mark", values: times.map((at) => known.get(at)?.error_rate.count ?? 0) },
    ],
  };
}
