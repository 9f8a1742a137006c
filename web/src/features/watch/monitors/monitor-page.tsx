import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronRight, SearchX } from "lucide-react";
import { useMemo } from "react";
import { Problem } from "@/client/problem";
import { useProject } from "@/client/project";
import { useLiveRefresh } from "@/features/observe/live-refresh";
import { RangePicker } from "@/features/observe/range-picker";
import { Button, buttonClass } from "@/ui/button";
import { Page } from "@/ui/shell/page";
import { Empty, Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { Box } from "../incidents/box";
import { MonitorActions } from "./actions";
import { AlarmList } from "./alarm-list";
import { BacktestBox } from "./backtest";
import { Claims } from "./claims";
import { ByStratum, Changes, MonitorFacts } from "./facts";
import { PhaseMark } from "./look";
import { Noticed } from "./noticed";
import { Picture } from "./picture";
import { marksOf } from "./picture-scale";
import { alarmsQuery, historyQuery, incidentsOfAgentQuery, monitorQuery, PICTURE_RANGE } from "./queries";
import type { Monitor } from "./types";

const route = getRouteApi("/shell/monitors/$monitorId");

/** One monitor: its picture, what is promised of it, its alarms, and what it would have said of the past. */
export function MonitorPage() {
  const project = useProject();
  const { monitorId } = route.useParams();
  const { from, to } = route.useSearch();
  const navigate = route.useNavigate();
  const monitor = useQuery(monitorQuery(project, monitorId));
  useLiveRefresh([["monitor", project, monitorId], ["monitor", project, "alarms"]], { everyMs: 5000, when: () => true });
  const unknown = monitor.error instanceof Problem && monitor.error.status === 404;
  const name = monitor.data?.name ?? "Monitor";
  return (
    <Page
      title={name}
      heading={
        <h1 className="flex min-w-0 flex-1 basis-64 items-center gap-1.5 text-base font-semibold tracking-[-0.01em]">
          <Link to="/monitors" className="shrink-0 rounded font-normal text-muted hover:text-text">
            Monitors
          </Link>
          <ChevronRight className="size-3.5 shrink-0 text-faint" aria-hidden />
          <span className="truncate" title={name}>
            {name}
          </span>
          {monitor.data ? <PhaseMark monitor={monitor.data} /> : null}
        </h1>
      }
      actions={
        <>
          {monitor.data?.agent ? (
            <Link to="/agents/$agent" params={{ agent: monitor.data.agent }} className={buttonClass()}>
              Its agent
            </Link>
          ) : null}
          <RangePicker value={{ from: from ?? PICTURE_RANGE, to }} onChange={(next) => void navigate({ search: (old) => ({ ...old, from: next.from ?? "-7d", to: next.to }) })} />
          {monitor.data ? <MonitorActions project={project} monitor={monitor.data} onGone={() => void navigate({ to: "/monitors" })} /> : null}
        </>
      }
    >
      <div className="h-full overflow-y-auto" tabIndex={0} role="region" aria-label={name}>
        {unknown ? (
          <Empty icon={<SearchX />} title="There is no such monitor">
            <p>It was deleted, or it is of another project.</p>
            <Link to="/monitors" className={`${buttonClass()} mt-4`}>
              All monitors
            </Link>
          </Empty>
        ) : monitor.isError ? (
          <Failed what="This monitor" error={monitor.error} retry={() => void monitor.refetch()} />
        ) : monitor.isPending ? (
          <SkeletonRows rows={8} height={52} />
        ) : (
          <div className="mx-auto flex max-w-[1400px] flex-col gap-4 p-4 md:p-5">
            <MonitorFacts monitor={monitor.data} />
            {monitor.data.signal === "volume" ? null : <PictureBox project={project} monitor={monitor.data} range={{ from, to }} onRange={(start, end) => void navigate({ search: (old) => ({ ...old, from: iso(start), to: iso(end) }) })} />}
            <div className="grid gap-4 lg:grid-cols-2">
              <Box title="What is promised">
                <Claims claims={monitor.data.claims} />
              </Box>
              <Noticed monitor={monitor.data} />
            </div>
            <Alarms project={project} monitor={monitor.data} />
            <div className="grid gap-4 lg:grid-cols-2">
              <Changes monitor={monitor.data} />
              <ByStratum monitor={monitor.data} />
            </div>
            {monitor.data.signal === "volume" ? null : <BacktestBox project={project} monitor={monitor.data} />}
          </div>
        )}
      </div>
    </Page>
  );
}

const iso = (seconds: number) => new Date(seconds * 1000).toISOString();

interface PictureBoxProps {
  project: string;
  monitor: Monitor;
  range: { from?: string | undefined; to?: string | undefined };
  onRange: (from: number, to: number) => void;
}

function PictureBox({ project, monitor, range, onRange }: PictureBoxProps) {
  const history = useQuery(historyQuery(project, monitor.id, range));
  const incidents = useQuery(incidentsOfAgentQuery(project, monitor.agent));
  const drawn = useMemo(() => {
    if (!history.data) return undefined;
    const points = history.data.points;
    const first = points[0];
    // "All time" begins where something was seen.
    const from = Math.max(Date.parse(history.data.start), first ? Date.parse(first.start) - first.width_s * 1000 : 0) / 1000;
    const to = Date.parse(history.data.end) / 1000;
    return { points, from, to, marks: marksOf(from, to, { ...history.data, incidents: incidents.data?.items ?? [] }) };
  }, [history.data, incidents.data]);
  return (
    <Box title="The picture" aside={range.from && range.to ? <Button look="ghost" onClick={() => window.history.back()}>Back out</Button> : null}>
      {history.isError ? (
        <Failed what="Its history" error={history.error} retry={() => void history.refetch()} />
      ) : !drawn ? (
        <div role="status" aria-label="Loading" className="skeleton m-4 h-96" />
      ) : drawn.points.length === 0 ? (
        <p className="px-4 py-16 text-center text-xs text-muted">No result came in this time. Choose a longer one.</p>
      ) : (
        <Picture points={drawn.points} monitor={monitor} from={drawn.from} to={drawn.to} marks={drawn.marks} onRange={onRange} />
      )}
    </Box>
  );
}

function Alarms({ project, monitor }: { project: string; monitor: Monitor }) {
  const alarms = useQuery(alarmsQuery(project, { monitor: monitor.id }));
  return (
    <Box title="Alarms">
      {alarms.isError ? (
        <div className="px-4 py-3">
          <FailedLine error={alarms.error} />
        </div>
      ) : alarms.isPending ? (
        <SkeletonRows rows={2} height={48} />
      ) : (
        <AlarmList project={project} agent={monitor.agent} alarms={alarms.data.items} none="It has raised no alarm." />
      )}
    </Box>
  );
}
