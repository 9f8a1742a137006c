import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronRight, SearchX } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Problem } from "@/client/problem";
import { useProject } from "@/client/project";
import type { TimeRange } from "@/client/time-range";
import { runQuery } from "@/features/observe/queries";
import { RangePicker } from "@/features/observe/range-picker";
import { useLiveRefresh } from "@/features/observe/live-refresh";
import { OutcomeBadge } from "@/ui/badges";
import { buttonClass } from "@/ui/button";
import { CopyId } from "@/ui/copy";
import { duration, plural } from "@/ui/format";
import { Page } from "@/ui/shell/page";
import { useShortcuts } from "@/ui/shortcuts";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { issueQuery } from "../queries";
import type { Issue } from "../types";
import { Assign } from "./assign";
import { useIssueChange } from "./change";
import { IssueActions } from "./issue-actions";
import { History } from "./history";
import { Facts, Releases, Trend } from "./issue-parts";
import { runsOfIssue } from "./issue-row";
import { StateMark } from "./look";
import { toggled } from "./selection";

const IssueWhy = lazy(() => import("@/features/debug/why/why-many").then((module) => ({ default: module.IssueWhy })));

const route = getRouteApi("/shell/issues/$issueId");

/** One way of failing: how often, since which release, and runs that show it best. */
export function IssuePage() {
  const project = useProject();
  const { issueId } = route.useParams();
  const { from, to } = route.useSearch();
  const navigate = route.useNavigate();
  const range = { from, to };
  const issue = useQuery(issueQuery(project, issueId, range));
  useLiveRefresh([["issue", project, issueId]], { everyMs: 5000 });
  if (issue.isError && Problem.from(issue.error).status === 404)
    return (
      <Page title="Issue">
        <Empty icon={<SearchX />} title="There is no such issue">
          <p>It belongs to another project, or the address lost a letter.</p>
          <Link to="/issues" className={`${buttonClass()} mt-4`}>
            All open issues
          </Link>
        </Empty>
      </Page>
    );
  if (issue.isError) return <Page title="Issue"><Failed what="This issue" error={issue.error} retry={() => void issue.refetch()} /></Page>;
  if (issue.isPending) return <Page title="Issue"><SkeletonRows rows={10} height={48} /></Page>;
  return <Loaded project={project} issue={issue.data} range={range} onRange={(next) => void navigate({ search: (old) => ({ ...old, ...next }) })} />;
}

interface LoadedProps {
  project: string;
  issue: Issue;
  range: TimeRange;
  onRange: (range: TimeRange) => void;
}

function Loaded({ project, issue, range, onRange }: LoadedProps) {
  const change = useIssueChange(project);
  const [assigning, setAssigning] = useState(false);
  const act = (wanted: "resolved" | "muted") => change.mutate({ id: issue.id, ...toggled(issue, wanted) });
  useShortcuts({ e: () => act("resolved"), m: () => act("muted"), a: () => setAssigning(true) });
  return (
    <Page
      title={issue.title}
      heading={
        <h1 className="flex min-w-0 flex-1 items-center gap-1.5 text-base font-semibold tracking-[-0.01em]">
          <Link to="/issues" className="shrink-0 rounded font-normal text-muted hover:text-text">
            Issues
          </Link>
          <ChevronRight className="size-3.5 shrink-0 text-faint" aria-hidden />
          <span className="truncate" title={issue.title}>{issue.title}</span>
          <CopyId id={issue.id} label="Copy issue id" />
        </h1>
      }
      actions={
        <>
          <StateMark state={issue.state} words />
          <IssueActions issue={issue} onChange={(wanted, done) => change.mutate({ id: issue.id, change: wanted, done })} onAssign={() => setAssigning(true)} />
          <RangePicker value={range} onChange={onRange} />
        </>
      }
    >
      <div className="h-full overflow-y-auto">
        <div className="mx-auto grid max-w-[1400px] gap-4 p-4 md:p-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
          <div className="flex min-w-0 flex-col gap-4">
            <Trend issue={issue} range={range} />
            <Suspense fallback={<SkeletonRows rows={2} height={48} />}>
              <IssueWhy project={project} id={issue.id} />
            </Suspense>
            <Representatives project={project} issue={issue} range={range} />
          </div>
          <div className="flex min-w-0 flex-col gap-4">
            <Facts issue={issue} />
            <Releases issue={issue} range={range} />
            <History issue={issue} />
          </div>
        </div>
      </div>
      {assigning ? (
        <Assign
          issue={issue}
          onClose={() => setAssigning(false)}
          onAssign={(assignee) => {
            setAssigning(false);
            change.mutate({ id: issue.id, change: { assignee }, done: assignee ? `Assigned to ${assignee}` : "Assigned to nobody" });
          }}
        />
      ) : null}
    </Page>
  );
}

function Representatives({ project, issue, range }: { project: string; issue: Issue; range: TimeRange }) {
  const runs = useQueries({ queries: issue.representative_run_ids.map((id) => runQuery(project, id)) });
  return (
    <section className="overflow-hidden rounded-xl border border-line bg-surface shadow-card">
      <div className="flex h-10 items-center justify-between border-b border-line px-4">
        <h2 className="text-sm font-semibold">Runs that show it best</h2>
        <Link to="/runs" search={runsOfIssue(issue.id, range)} className="text-xs link">
          all {plural(issue.runs, "run")}
        </Link>
      </div>
      {issue.representative_run_ids.length === 0 ? <p className="px-4 py-6 text-xs text-muted">Its runs are no longer kept.</p> : null}
      <ul>
        {runs.map((run, index) => (
          <li key={issue.representative_run_ids[index]} className="relative border-b border-line px-4 py-2.5 last:border-0 hover:bg-hover">
            {run.data ? (
              <>
                <Link to="/runs/$runId" params={{ runId: run.data.id }} className="block truncate font-medium after:absolute after:inset-0">
                  {run.data.input?.replace(/\s+/g, " ").slice(0, 240) ?? run.data.name ?? "unnamed run"}
                </Link>
                <p className="mt-0.5 line-clamp-2 text-xs text-muted">{run.data.final_answer?.slice(0, 400) ?? run.data.error ?? "It gave no answer."}</p>
                <p className="num mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-2xs text-muted">
                  <OutcomeBadge words outcome={run.data.outcome} source={run.data.outcome_source ?? ""} reason={run.data.outcome_reason ?? ""} />
                  <span>{run.data.agent ?? "unnamed agent"}</span>
                  <span>{run.data.release ?? "release unknown"}</span>
                  <span>{plural(run.data.spans, "step")}</span>
                  <span>{duration(run.data.duration_ms)}</span>
                  <Ago at={run.data.started_at} />
                </p>
              </>
            ) : run.isError ? (
              <p className="text-xs text-muted">One of its runs is no longer kept, or could not be read: {run.error.message}</p>
            ) : (
              <span role="status" aria-label="Loading" className="skeleton block h-10 w-full" />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
