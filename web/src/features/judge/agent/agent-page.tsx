import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronRight, SearchX } from "lucide-react";
import { lazy, Suspense } from "react";
import { useProject } from "@/client/project";
import { ALL_TIME } from "@/client/time-range";
import { filterText } from "@/features/observe/filters";
import { runsOf } from "@/features/observe/links";
import { useLiveRefresh } from "@/features/observe/live-refresh";
import { RangePicker } from "@/features/observe/range-picker";
import { storageQuery } from "@/features/server/queries";
import { AgentWatch } from "@/features/watch/agent/agent-watch";
import { buttonClass } from "@/ui/button";
import { Page } from "@/ui/shell/page";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { issuesQuery, qualityQuery } from "../queries";
import { CalibrationBox } from "./calibration-box";
import { Figures } from "./figures";
import { ModesOverTime } from "./modes-chart";
import { OpenIssues, ReleaseTable } from "./parts";
import { SuccessChart } from "./success-chart";

const AgentDebug = lazy(() => import("@/features/debug/entry/agent-debug").then((module) => ({ default: module.AgentDebug })));

const route = getRouteApi("/shell/agents/$agent");

/** How well one agent does its job: success rate, ways of failing, releases. */
export function AgentPage() {
  const project = useProject();
  const { agent } = route.useParams();
  const { from, to } = route.useSearch();
  const navigate = route.useNavigate();
  const range = { from, to };
  const storage = useQuery(storageQuery(project));
  // A series needs a beginning: "all time" is since the first run.
  const asked = from === ALL_TIME ? { from: storage.data?.first_at ?? undefined, to } : range;
  const quality = useQuery({ ...qualityQuery(project, agent, asked), enabled: from !== ALL_TIME || !storage.isPending });
  useLiveRefresh([["agent-quality", project, agent], issuesQuery(project, { state: ["open", "regressed"], agent, sort: "runs", from, to }).queryKey], { everyMs: 5000 });
  const mine = filterText("agent", "eq", agent);
  return (
    <Page
      title={agent}
      heading={
        <h1 className="flex min-w-0 flex-1 items-center gap-1.5 text-base font-semibold tracking-[-0.01em]">
          <Link to="/" className="shrink-0 rounded font-normal text-muted hover:text-text">
            Fleet
          </Link>
          <ChevronRight className="size-3.5 shrink-0 text-faint" aria-hidden />
          <span className="truncate" title={agent}>{agent}</span>
        </h1>
      }
      actions={
        <>
          <Link to="/runs" search={runsOf(range, mine)} className={buttonClass()}>
            Its runs
          </Link>
          <RangePicker value={range} onChange={(next) => void navigate({ search: (old) => ({ ...old, ...next }) })} />
        </>
      }
    >
      <div className="h-full overflow-y-auto" tabIndex={0} role="region" aria-label={`Quality of ${agent}`}>
        {quality.isError ? (
          <Failed what="This agent's quality" error={quality.error} retry={() => void quality.refetch()} />
        ) : quality.isPending ? (
          <SkeletonRows rows={8} height={52} />
        ) : quality.data.runs === 0 ? (
          <Empty icon={<SearchX />} title="No run in this time">
            <p>{agent} did not run, or goes by another name.</p>
            <Link to="/agents/$agent" params={{ agent }} search={{ from: ALL_TIME }} className={`${buttonClass()} mt-4`}>
              Look in all time
            </Link>
          </Empty>
        ) : (
          <div className="mx-auto flex max-w-[1400px] flex-col gap-4 p-4 md:p-5">
            <Figures project={project} quality={quality.data} range={range} />
            <AgentWatch project={project} agent={agent} />
            <div className="grid gap-4 lg:grid-cols-2">
              <SuccessChart quality={quality.data} agent={agent} />
              <ModesOverTime quality={quality.data} range={range} agent={agent} />
            </div>
            <div className="grid gap-4 lg:grid-cols-2">
              <ReleaseTable quality={quality.data} range={range} agent={agent} />
              <OpenIssues project={project} range={range} agent={agent} />
            </div>
            <Suspense fallback={<SkeletonRows rows={2} height={48} />}>
              <AgentDebug project={project} agent={agent} />
            </Suspense>
            <CalibrationBox project={project} agent={agent} />
          </div>
        )}
      </div>
    </Page>
  );
}
