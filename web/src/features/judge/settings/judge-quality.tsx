import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { filterText } from "@/features/observe/filters";
import { rateOf } from "@/features/observe/fleet/fleet-summary";
import { Card } from "@/features/settings/section";
import { Warning } from "@/ui/badges";
import { count, plural } from "@/ui/format";
import { Rate } from "@/ui/rate";
import { Failed, SkeletonRows } from "@/ui/states";
import { judgeQualityQuery } from "../queries";
import type { Judge, JudgeQuality as Quality } from "../types";
import { Confusion } from "./confusion";

/** How far a judge can be believed: held against people who judged the same runs. */
export function JudgeQuality({ project, judge }: { project: string; judge: Judge }) {
  const quality = useQuery(judgeQualityQuery(project, judge.id));
  return (
    <Card className="mt-4 p-4">
      <h3 className="text-sm font-semibold">How far people agree with it</h3>
      {quality.isError ? (
        <Failed what="The quality of this judge" error={quality.error} retry={() => void quality.refetch()} />
      ) : quality.isPending ? (
        <SkeletonRows rows={3} />
      ) : quality.data.n === 0 ? (
        <>
        {judge.pairwise || quality.data.order_stability.n ? <Stability quality={quality.data} /> : null}
        <p className="mt-1 text-xs text-muted">
          Unknown: no run was judged both by it and by a person
          {quality.data.without_verdict ? `; of ${plural(quality.data.without_verdict, "run")} a person judged it could not tell` : ""}. Say the outcome of runs that it has judged: ten or more begin to tell something.
        </p>
        </>
      ) : (
        <Shown quality={quality.data} />
      )}
    </Card>
  );
}

function Shown({ quality }: { quality: Quality }) {
  return (
    <div className="mt-3 grid gap-6 lg:grid-cols-2">
      <div className="flex flex-col gap-3 text-xs">
        <p className="flex flex-wrap gap-2">
          {quality.too_few ? <Warning title="Fewer than ten pairs">too few runs to go by</Warning> : null}
          {quality.only_drawn ? null : <Warning title="Some were picked, not drawn by chance: picked runs are harder than runs at large">not of runs at large</Warning>}
          {quality.drifted ? <Warning title="The interval of the change leaves 0 out">it changed</Warning> : null}
        </p>
        <dl className="num">
          <Line label="Same verdict">
            <Rate {...rateOf(quality.agreement)} ofWhat="runs judged by both" />
          </Line>
          <Line label="Kappa" title="Agreement beyond chance: 0 is chance, 1 is always">
            {quality.kappa === null ? <span className="text-faint">unknown: one verdict throughout, n {quality.n}</span> : `${quality.kappa.toFixed(2)} (${bounds(quality.kappa_low, quality.kappa_high)}), n ${count(quality.n)}`}
          </Line>
          {quality.order_stability.n ? (
            <Line label="Order stability" title="Pairs whose verdict held when they were shown the other way round">
              <Rate {...rateOf(quality.order_stability)} ofWhat="pairs asked about in both orders" />
            </Line>
          ) : null}
          <Line label="Could not tell">{count(quality.without_verdict)}</Line>
          <Line label="Last week against before">
            {quality.drift === null ? <span className="text-faint">unknown yet</span> : `${signed(quality.drift)} (${bounds(quality.drift_low, quality.drift_high, true)})`}
          </Line>
        </dl>
        {quality.periods.length > 1 ? (
          <ul aria-label="Agreement by week" className="num">
            {quality.periods.map((period) => (
              <li key={period.from_day} className="flex justify-between gap-4 border-t border-line py-1">
                <span className="text-muted">from {period.from_day}</span>
                <Rate {...rateOf(period.agreement)} ofWhat="runs judged by both" />
              </li>
            ))}
          </ul>
        ) : null}
      </div>
      <div>
        <Confusion cells={quality.confusion} />
        <Link to="/runs" search={{ filter: [filterText("outcome", "eq", "unknown")] }} className="mt-2 inline-flex min-h-6 items-center text-xs link">
          Runs whose outcome nobody has said
        </Link>
      </div>
    </div>
  );
}

/** Of a judge that compares two answers: whether it likes the answer or the place. */
function Stability({ quality }: { quality: Quality }) {
  return (
    <dl className="num my-3 max-w-md text-xs">
      <Line label="Order stability" title="Pairs whose verdict held when they were shown the other way round">
        {quality.order_stability.n ? <Rate {...rateOf(quality.order_stability)} ofWhat="pairs asked about in both orders" /> : <span className="text-faint">unknown: it has compared no pair yet</span>}
      </Line>
    </dl>
  );
}

const signed = (share: number) => `${share > 0 ? "+" : share < 0 ? "−" : ""}${Math.abs(share * 100).toFixed(1)} points`;

function bounds(low: number | null, high: number | null, points = false): string {
  if (low === null || high === null) return "interval unknown";
  return points ? `${signed(low)} to ${signed(high)}` : `${low.toFixed(2)} to ${high.toFixed(2)}`;
}

function Line({ label, title, children }: { label: string; title?: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-4 border-t border-line py-1.5" title={title}>
      <dt className="text-muted">{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
