import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, type ReactNode } from "react";
import type { TimeRange } from "@/client/time-range";
import type { Fleet } from "@/client/types";
import type { RunsSearch } from "@/routes/search";
import { compact, count, duration, money, UNKNOWN } from "@/ui/format";
import { Rate } from "@/ui/rate";
import { COST_KNOWN, FAILED, JUDGED, runsOf, TOOL_FAILED } from "../links";

const TimeChart = lazy(() => import("@/ui/time-chart").then((module) => ({ default: module.TimeChart })));

function Figure({ label, search, title, children }: { label: string; search: RunsSearch; title?: string; children: ReactNode }) {
  return (
    <Link
      to="/runs"
      search={search}
      title={title}
      className="group flex min-w-0 flex-col gap-0.5 bg-surface px-4 py-3 transition-colors hover:bg-hover"
    >
      <span className="text-xs text-muted">{label}</span>
      <span className="num truncate text-lg leading-6 font-medium tracking-[-0.01em]">{children}</span>
    </Link>
  );
}

interface FleetSummaryProps {
  fleet: Fleet;
  range: TimeRange;
  onRange: (from: string, to: string) => void;
}

/** All agents together: the figures, and runs over time. */
export function FleetSummary({ fleet, range, onRange }: FleetSummaryProps) {
  const total = fleet.total;
  const chart = useMemo(() => totals(fleet), [fleet]);
  if (!total) return null;
  const partly = total.cost_known < total.runs;
  return (
    <section aria-label="All agents" className="overflow-hidden rounded-xl border border-line bg-line shadow-card">
      <div className="grid grid-cols-2 gap-px sm:grid-cols-3 xl:grid-cols-6">
        <Figure label="Runs" search={runsOf(range)}>
          {count(total.runs)}
        </Figure>
        <Figure label="Error rate" search={runsOf(range, FAILED)}>
          <Rate {...rateOf(total.error_rate)} ofWhat="runs" bad />
        </Figure>
        <Figure
          label="Success rate"
          search={runsOf(range, JUDGED)}
          title={`${count(total.unknown_outcomes)} runs have no outcome: nobody said whether they succeeded`}
        >
          <Rate {...rateOf(total.success_rate)} ofWhat="judged runs" />
        </Figure>
        <Figure label="Tool calls that failed" search={runsOf(range, TOOL_FAILED)}>
          <Rate {...rateOf(total.failed_tool_rate)} ofWhat="tool calls" bad />
        </Figure>
        <Figure
          label={partly && total.cost_usd != null ? `Cost of ${count(total.cost_known)} runs` : "Cost"}
          search={runsOf(range, COST_KNOWN)}
          title={partly ? `Known for ${count(total.cost_known)} of ${count(total.runs)} runs` : undefined}
        >
          {total.cost_usd == null ? UNKNOWN : money(total.cost_usd)}{" "}
          <span className="text-2xs font-normal text-faint">
            {total.input_tokens == null ? "tokens unknown" : `${compact(total.input_tokens + (total.output_tokens ?? 0))} tokens`}
          </span>
        </Figure>
        <Figure label="Duration p50 · p95" search={runsOf(range)}>
          {duration(total.duration_p50_ms)} <span className="text-faint">·</span> {duration(total.duration_p95_ms)}
        </Figure>
      </div>
      <div className="mt-px bg-surface px-2 pt-3 pb-1">
        <Suspense fallback={<div style={{ height: 120 }} />}>
          <TimeChart
            label="Runs"
            height={104}
            times={chart.times}
            bucketSeconds={fleet.bucket_ms / 1000}
            series={chart.series}
            onRange={(from, to) => onRange(new Date(from * 1000).toISOString(), new Date(to * 1000).toISOString())}
          />
        </Suspense>
      </div>
    </section>
  );
}

export const rateOf = (rate: { count: number; n: number; low: number | null; high: number | null }) => ({
  hits: rate.count,
  n: rate.n,
  low: rate.low,
  high: rate.high,
});

/** The sparklines of all agents, added up: they share one time axis. */
function totals(fleet: Fleet) {
  const points = fleet.items[0]?.spark ?? [];
  const sum = (pick: (point: (typeof points)[number]) => number) =>
    points.map((_, index) => fleet.items.reduce((total, row) => total + (row.spark[index] ? pick(row.spark[index]) : 0), 0));
  return {
    times: points.map((point) => Date.parse(point.start) / 1000),
    series: [
      { label: "runs", token: "chart-runs", values: sum((point) => point.runs) },
      { label: "with an error", token: "bad-mark", values: sum((point) => point.errors) },
    ],
  };
}
