import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronRight, SearchX } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Problem } from "@/client/problem";
import { useProject } from "@/client/project";
import { useLiveRefresh } from "@/features/observe/live-refresh";
import { buttonClass } from "@/ui/button";
import { CopyId } from "@/ui/copy";
import { Page } from "@/ui/shell/page";
import { useShortcuts } from "@/ui/shortcuts";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Alarms } from "./alarms";
import { useAct } from "./change";
import { EditDialog, MergeDialog } from "./dialogs";
import { IncidentActions, MoreActions } from "./incident-actions";
import { Links } from "./links";
import { SeverityMark, StateMark } from "./look";
import { Postmortem } from "./postmortem";
import { alarmsQuery, incidentQuery, timelineQuery } from "./queries";
import { Timeline } from "./timeline";
import type { Incident } from "./types";
import { Summary } from "./summary";
import { ChangedBefore, ImpactBox } from "./what-happened";
import { Who } from "./who";

const IncidentWhy = lazy(() => import("@/features/debug/why/why-many").then((module) => ({ default: module.IncidentWhy })));

const route = getRouteApi("/shell/incidents/$incidentId");

/** At three in the morning, on a phone: what is wrong, since when, what changed, whom it hurts, who has it, what to do. */
export function IncidentPage() {
  const project = useProject();
  const { incidentId } = route.useParams();
  const incident = useQuery(incidentQuery(project, incidentId));
  useLiveRefresh([["incident", project]], { everyMs: 1000, when: (event) => event.kind === "resync" || (event.kind === "incidents" && event.ids.includes(incident.data?.id ?? incidentId)) });
  if (incident.isError && Problem.from(incident.error).status === 404)
    return (
      <Page title="Incident">
        <Empty icon={<SearchX />} title="There is no such incident">
          <p>It belongs to another project, or the address lost a letter.</p>
          <Link to="/incidents" className={`${buttonClass()} mt-4`}>
            All standing incidents
          </Link>
        </Empty>
      </Page>
    );
  if (incident.isError) return <Page title="Incident"><Failed what="This incident" error={incident.error} retry={() => void incident.refetch()} /></Page>;
  if (incident.isPending) return <Page title="Incident"><SkeletonRows rows={8} height={64} /></Page>;
  return <Loaded key={incident.data.id} project={project} incident={incident.data} />;
}

function Loaded({ project, incident }: { project: string; incident: Incident }) {
  const act = useAct(project);
  const timeline = useQuery(timelineQuery(project, incident.id));
  const alarms = useQuery(alarmsQuery(project, incident.id));
  const [dialog, setDialog] = useState<"edit" | "merge">();
  const doing = (action: Incident["actions"][number]) => {
    if (incident.actions.includes(action) && !act.isPending) act.mutate({ id: incident.id, action });
  };
  useShortcuts({
    a: () => doing("acknowledge"),
    m: () => doing("mitigate"),
    e: () => doing("resolve"),
    r: () => doing("reopen"),
    n: () => document.getElementById("incident-note")?.focus(),
  });
  return (
    <Page
      title={`#${incident.number} ${incident.title}`}
      heading={
        <h1 className="flex min-w-0 flex-1 items-center gap-1.5 text-base font-semibold tracking-[-0.01em]">
          <Link to="/incidents" className="shrink-0 rounded font-normal text-muted hover:text-text">
            Incidents
          </Link>
          <ChevronRight className="size-3.5 shrink-0 text-faint" aria-hidden />
          <span className="num">#{incident.number}</span>
          <CopyId id={incident.id} label="Copy incident id" />
        </h1>
      }
      actions={
        <>
          <SeverityMark severity={incident.severity} />
          <StateMark state={incident.state} />
          <MoreActions onEdit={() => setDialog("edit")} onMerge={incident.merged_into ? undefined : () => setDialog("merge")} />
        </>
      }
    >
      <div className="flex h-full flex-col">
        <div className="min-h-0 flex-1 overflow-y-auto" tabIndex={0} role="region" aria-label="The incident">
          <div className="mx-auto grid max-w-[1400px] gap-4 p-4 md:p-5 lg:grid-cols-[minmax(0,1fr)_24rem]">
            <div className="flex min-w-0 flex-col gap-4">
              <Summary incident={incident} alarms={alarms.data?.items ?? []} />
              <div className="hidden md:block">
                <IncidentActions incident={incident} busy={act.isPending} onAct={doing} />
              </div>
              <ChangedBefore timeline={timeline.data?.items} incident={incident} />
              <div className="lg:hidden">
                <ImpactBox incident={incident} />
              </div>
              <div className="lg:hidden">
                <Who project={project} incident={incident} />
              </div>
              <Suspense fallback={<SkeletonRows rows={2} height={48} />}>
                <IncidentWhy project={project} id={incident.id} />
              </Suspense>
              <Timeline project={project} incident={incident} timeline={timeline} />
              <Alarms project={project} incident={incident} alarms={alarms} />
              <Postmortem project={project} incident={incident} />
            </div>
            <div className="flex min-w-0 flex-col gap-4">
              <div className="hidden lg:block">
                <ImpactBox incident={incident} />
              </div>
              <div className="hidden lg:block">
                <Who project={project} incident={incident} />
              </div>
              <Links project={project} incident={incident} />
            </div>
          </div>
        </div>
        <div className="shrink-0 border-t border-line bg-surface p-3 md:hidden">
          <IncidentActions incident={incident} busy={act.isPending} onAct={doing} />
        </div>
      </div>
      {dialog === "edit" ? <EditDialog project={project} incident={incident} onClose={() => setDialog(undefined)} /> : null}
      {dialog === "merge" ? <MergeDialog project={project} incident={incident} onClose={() => setDialog(undefined)} /> : null}
    </Page>
  );
}
