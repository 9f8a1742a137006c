import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, type ReactNode } from "react";
import type { TimeRange } from "@/client/time-range";
import { agentFilter } from "@/features/observe/links";
import { filterText } from "@/features/observe/filters";
import { CopyButton } from "@/ui/copy";
import { count, plural } from "@/ui/format";
import { Ago, Instant } from "@/ui/time";
import { modesQuery } from "../queries";
import type { Issue } from "../types";
import { runsOfIssue } from "./issue-row";

const TimeChart = lazy(() => import("@/ui/time-chart").then((module) => ({ default: module.TimeChart })));
const HEIGHT = 120;

function Box({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="overflow-hidden rounded-xl border border-line bg-surface shadow-card">
      <h2 className="flex h-10 items-center border-b border-line px-4 text-sm font-semibold">{title}</h2>
      {children}
    </section>
  );
}

export function Trend({ issue, range }: { issue: Issue; range: TimeRange }) {
  const { spark } = issue;
  const chart = useMemo(() => {
    const times = spark.map((point) => Date.parse(point.start) / 1000);
    const [first, second] = times;
    return { times, bucket: first !== undefined && second !== undefined ? Math.round(second - first) : 86_400, series: [{ label: "runs", token: "bad-mark", values: spark.map((point) => point.runs) }] };
  }, [spark]);
  return (
    <Box title="Trend">
      <div className="flex flex-wrap gap-x-6 gap-y-1 px-4 pt-3 text-xs">
        <Link to="/runs" search={runsOfIssue(issue.id, range)} className="num rounded hover:link">
          <b className="text-base font-semibold">{count(issue.runs)}</b> {issue.runs === 1 ? "run" : "runs"}
        </Link>
        <Link to="/runs" search={runsOfIssue(issue.id, { from: "-24h" })} className="num rounded hover:link">
          <b className="text-base font-semibold">{count(issue.runs_24h)}</b> in the last 24 h
        </Link>
        <span className="self-end text-muted">
          first seen <Ago at={issue.first_seen} />, last <Ago at={issue.last_seen} />
        </span>
      </div>
      <div className="px-2 pt-2 pb-1" style={{ minHeight: HEIGHT + 24 }}>
        {spark.length > 1 ? (
          <Suspense>
            <TimeChart label="Runs" height={HEIGHT} times={chart.times} bucketSeconds={chart.bucket} series={chart.series} />
          </Suspense>
        ) : (
          <p className="px-2 py-8 text-center text-xs text-muted">Too young for a trend.</p>
        )}
      </div>
    </Box>
  );
}

function Line({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[6rem_1fr] gap-2 border-b border-line px-4 py-1.5 last:border-0">
      <dt className="text-muted">{label}</dt>
      <dd className="min-w-0 [overflow-wrap:anywhere]">{children}</dd>
    </div>
  );
}

const FOUND_BY: Record<string, string> = {
  error: "the error they ended with",
  mode: "people or judges, who named the mode",
  said: "those who called them a failure",
  suspected: "the model behind p(failure) alone",
};

export function Facts({ issue }: { issue: Issue }) {
  const modes = useQuery(modesQuery);
  const mode = modes.data?.items.find((each) => each.id === issue.mode);
  return (
    <Box title="What it is">
      <dl className="text-xs">
        <Line label="Mode">
          {issue.mode ? (
            <>
              <Link to="/runs" search={{ filter: [filterText("modes", "eq", issue.mode)] }} className="link">
                {issue.mode_name ?? issue.mode}
              </Link>
              {mode ? <span className="mt-0.5 block text-2xs text-muted">{`${mode.description} ${mode.source === "mast" ? "MAST" : "Ours"}, ${mode.group}.`}</span> : null}
            </>
          ) : (
            "none named"
          )}
        </Line>
        <Line label="Agent">
          {issue.agent ? (
            <Link to="/agents/$agent" params={{ agent: issue.agent }} className="link">
              {issue.agent}
            </Link>
          ) : (
            <Link to="/runs" search={{ filter: [agentFilter(null)] }} className="link">
              unnamed
            </Link>
          )}
        </Line>
        {issue.tool ? (
          <Line label="Tool">
            <Link to="/runs" search={{ filter: [filterText("tools", "eq", issue.tool)] }} className="font-mono text-2xs link">
              {issue.tool}
            </Link>
          </Line>
        ) : null}
        <Line label="Found by">{FOUND_BY[issue.detector] ?? <span className="font-mono text-2xs">{issue.detector}</span>}</Line>
        {issue.error_shape ? (
          <Line label="Error">
            <span className="flex items-start gap-1">
              <code className="min-w-0 flex-1 font-mono text-2xs leading-4">{issue.error_shape}</code>
              <CopyButton text={issue.error_shape} label="Copy the error" />
            </span>
          </Line>
        ) : null}
        {issue.cluster ? <Line label="Texts alike">{issue.cluster}</Line> : null}
        <Line label="Assignee">{issue.assignee ?? <span className="text-muted">nobody</span>}</Line>
        {issue.muted_until ? (
          <Line label="Muted until">
            <Instant at={issue.muted_until} />
          </Line>
        ) : null}
        {issue.resolved_in_release ? <Line label="Resolved in">{issue.resolved_in_release}</Line> : null}
        {issue.regressed_at ? (
          <Line label="Came back">
            <Ago at={issue.regressed_at} /> {issue.regressed_in_release ? <>in release {issue.regressed_in_release}</> : "in a run without a release"}
          </Line>
        ) : null}
      </dl>
    </Box>
  );
}

export function Releases({ issue, range }: { issue: Issue; range: TimeRange }) {
  const most = Math.max(1, ...issue.releases.map((each) => each.runs));
  return (
    <Box title="Releases it occurs in">
      {issue.releases.length === 0 ? <p className="px-4 py-4 text-xs text-muted">Its runs name no release.</p> : null}
      <ul className="text-xs">
        {issue.releases.map((each) => (
          <li key={each.release} className="border-b border-line px-4 py-1.5 last:border-0">
            <Link
              to="/runs"
              search={runsOfIssue(issue.id, range, each.release ? filterText("release", "eq", each.release) : filterText("release", "missing"))}
              className="num flex items-center gap-3 rounded"
              title={plural(each.runs, "run")}
            >
              <span className="min-w-0 flex-1 truncate">{each.release || "unknown"}</span>
              <span className="h-1.5 w-20 shrink-0 overflow-hidden rounded-full bg-hover" aria-hidden>
                <i className="block h-full rounded-full bg-bad-mark" style={{ width: `${(each.runs / most) * 100}%` }} />
              </span>
              <span className="w-10 shrink-0 text-right">{count(each.runs)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Box>
  );
}
