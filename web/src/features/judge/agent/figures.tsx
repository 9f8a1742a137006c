import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { TimeRange } from "@/client/time-range";
import { filterText } from "@/features/observe/filters";
import { rateOf } from "@/features/observe/fleet/fleet-summary";
import { JUDGED, runsOf } from "@/features/observe/links";
import { runsCountQuery } from "@/features/observe/queries";
import type { RunsSearch } from "@/routes/search";
import { count, percent, UNKNOWN } from "@/ui/format";
import { Rate } from "@/ui/rate";
import type { Quality } from "../types";

/** From this p(failure) on a run is suspected, as the server has it for issues. */
const LIKELY = 0.7;

/** The figures of an agent, each a link to the runs it counts. */
export function Figures({ project, quality, range }: { project: string; quality: Quality; range: TimeRange }) {
  const of = (...filters: string[]) => runsOf(range, filterText("agent", "eq", quality.agent), ...filters);
  const { success, p_failure } = quality;
  const failures = success.n - success.count;
  const likely = of(filterText("p_failure", "ge", LIKELY), filterText("outcome", "ne", "success"));
  const suspected = useQuery(runsCountQuery(project, likely));
  return (
    <section aria-label="Figures" className="grid grid-cols-2 gap-px overflow-hidden rounded-xl border border-line bg-line shadow-card sm:grid-cols-3 xl:grid-cols-6">
      <Figure label="Success rate" search={of(JUDGED)}>
        <Rate {...rateOf(success)} ofWhat="runs with an outcome" />
      </Figure>
      <Figure label="Failures" search={of(filterText("outcome", "eq", "failure"))}>
        {count(failures)}
      </Figure>
      <Figure label="Outcome unknown" search={of(filterText("outcome", "eq", "unknown"))} title="Nobody has said whether they succeeded: they are in no success rate">
        {count(quality.unknown_outcomes)}
        <Small>{quality.runs ? `${percent(quality.unknown_outcomes / quality.runs)} of ${count(quality.runs)}` : ""}</Small>
      </Figure>
      <Figure label="Mean p(failure)" search={of(filterText("p_failure", "exists"))} title="Of judged runs. What p(failure) has meant so far stands below, and on each run's page">
        {p_failure.mean === null ? <span className="text-faint">unknown</span> : p_failure.mean.toFixed(2)}
        <Small>n {count(p_failure.n)}</Small>
      </Figure>
      <Figure label="Suspected" search={likely} title={`Runs with p(failure) of ${LIKELY} or more that nobody called a success`}>
        {suspected.data ? count(suspected.data.count) : UNKNOWN}
        <Small>p ≥ {LIKELY}</Small>
      </Figure>
      <Figure label="Runs" search={of()}>
        {count(quality.runs)}
      </Figure>
    </section>
  );
}

const Small = ({ children }: { children: ReactNode }) => <span className="ml-1.5 text-2xs font-normal text-faint">{children}</span>;

function Figure({ label, search, title, children }: { label: string; search: RunsSearch; title?: string; children: ReactNode }) {
  return (
    <Link to="/runs" search={search} title={title} className="flex min-w-0 flex-col gap-0.5 bg-surface px-4 py-3 transition-colors hover:bg-hover">
      <span className="text-xs text-muted">{label}</span>
      <span className="num truncate text-lg leading-6 font-medium tracking-[-0.01em]">{children}</span>
    </Link>
  );
}
