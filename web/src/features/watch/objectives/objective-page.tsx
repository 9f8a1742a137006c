import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronRight, Download, Pencil, SearchX, Trash2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api } from "@/client/api";
import { Problem } from "@/client/problem";
import { useProject } from "@/client/project";
import { useLiveRefresh } from "@/features/observe/live-refresh";
import { Button, buttonClass } from "@/ui/button";
import { percent } from "@/ui/format";
import { Dialog } from "@/ui/overlay";
import { Page } from "@/ui/shell/page";
import { Empty, Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { Instant } from "@/ui/time";
import { notify } from "@/ui/toast";
import { Box } from "../incidents/box";
import { AlarmList } from "../monitors/alarm-list";
import { BudgetChart } from "./budget-chart";
import { saveOpenSlo } from "./download";
import { BudgetBar, Burning, BurnRates, RunsLinks } from "./look";
import { ObjectiveDialog } from "./objective-dialog";
import { budgetHistoryQuery, objectiveAlarmsQuery, objectiveQuery, useObjectivesChanged } from "./queries";
import type { Objective } from "./types";
import { aimWords, correctionWords, events, exhaustionWords } from "./words";

const route = getRouteApi("/shell/objectives/$objectiveId");

/** One objective: its budget now and over the period, how fast it burns, its alarms. */
export function ObjectivePage() {
  const project = useProject();
  const { objectiveId } = route.useParams();
  const navigate = route.useNavigate();
  const read = useQuery(objectiveQuery(project, objectiveId));
  const [dialog, setDialog] = useState<"edit" | "delete">();
  useLiveRefresh([["objective", project, objectiveId]], { everyMs: 10_000, when: () => true });
  const objective = read.data;
  const unknown = read.error instanceof Problem && read.error.status === 404;
  const name = objective?.name ?? "Objective";
  return (
    <Page
      title={name}
      heading={
        <h1 className="flex min-w-0 flex-1 basis-64 items-center gap-1.5 text-base font-semibold tracking-[-0.01em]">
          <Link to="/objectives" className="shrink-0 rounded font-normal text-muted hover:text-text">
            Objectives
          </Link>
          <ChevronRight className="size-3.5 shrink-0 text-faint" aria-hidden />
          <span className="truncate">{name}</span>
          {objective ? <Burning objective={objective} /> : null}
        </h1>
      }
      actions={
        objective ? (
          <>
            <Link to="/agents/$agent" params={{ agent: objective.agent }} className={buttonClass()}>
              Its agent
            </Link>
            <Button onClick={() => void saveOpenSlo(project, { objective: objective.id })}>
              <Download className="size-3.5 text-muted" aria-hidden /> OpenSLO
            </Button>
            <Button onClick={() => setDialog("edit")}>
              <Pencil className="size-3.5 text-muted" aria-hidden /> Change
            </Button>
            <Button look="danger" onClick={() => setDialog("delete")}>
              <Trash2 className="size-3.5" aria-hidden /> Delete
            </Button>
          </>
        ) : null
      }
    >
      <div className="h-full overflow-y-auto" tabIndex={0} role="region" aria-label={name}>
        {unknown ? (
          <Empty icon={<SearchX />} title="There is no such objective">
            <p>It was deleted, or it is of another project.</p>
            <Link to="/objectives" className={`${buttonClass()} mt-4`}>
              All objectives
            </Link>
          </Empty>
        ) : read.isError ? (
          <Failed what="This objective" error={read.error} retry={() => void read.refetch()} />
        ) : !objective ? (
          <SkeletonRows rows={8} height={52} />
        ) : (
          <div className="mx-auto flex max-w-[1200px] flex-col gap-4 p-4 md:p-5">
            <Figures objective={objective} />
            <History project={project} objective={objective} />
            <Box title="How fast it burns" aside={<span className="text-2xs text-muted">1× uses it up exactly at the end</span>}>
              <BurnRates rates={objective.budget.burn_rates} />
              {objective.alerting ? null : <p className="border-t border-line px-4 py-2 text-xs text-warn">It does not alarm: that was switched off.</p>}
            </Box>
            <Alarms project={project} objective={objective} />
          </div>
        )}
      </div>
      {objective && dialog === "edit" ? <ObjectiveDialog project={project} objective={objective} onClose={() => setDialog(undefined)} /> : null}
      {objective && dialog === "delete" ? <DeleteDialog project={project} objective={objective} onClose={() => setDialog(undefined)} onGone={() => void navigate({ to: "/objectives" })} /> : null}
    </Page>
  );
}

function Figures({ objective }: { objective: Objective }) {
  const { budget } = objective;
  const corrected = correctionWords(budget.correction);
  const links = (filters: string[][], value: number, label: string) => (
    <RunsLinks filters={filters} from={budget.period_start} label={label}>
      {events(value)}
    </RunsLinks>
  );
  return (
    <>
      <p className="text-xs text-muted">
        <span className="text-text">
          {objective.agent}: {aimWords(objective)}
        </span>
        {objective.release ? `, release ${objective.release}` : ""}
        {objective.environment ? `, environment ${objective.environment}` : ""}. Period <Instant at={budget.period_start} /> to <Instant at={budget.period_end} />.{objective.description ? ` ${objective.description}` : ""}
      </p>
      <section aria-label="Figures" className="grid grid-cols-2 gap-px overflow-hidden rounded-xl border border-line bg-line shadow-card md:grid-cols-3 xl:grid-cols-6">
        <Figure label="Error budget">
          <BudgetBar budget={budget} />
        </Figure>
        <Figure label="Achieved" title={budget.correction?.note}>
          {percent(budget.achieved)} <Small>of {percent(objective.target)}, n {events(budget.events.n)}</Small>
          {corrected ? <span className="block text-2xs leading-4 font-normal text-muted">{corrected}</span> : null}
        </Figure>
        <Figure label="Bad">
          {links(objective.bad_filters, budget.events.bad, "Bad runs")} <Small>of {events(budget.allowed)} allowed</Small>
        </Figure>
        <Figure label="Good">{links(objective.good_filters, budget.events.good, "Good runs")}</Figure>
        <Figure label="Unknown" title="Neither good nor bad so far: it counts as neither">
          {events(budget.events.unknown)}
        </Figure>
        <Figure label="Used up" title="If it burns on as it does">
          {exhaustionWords(budget)}
        </Figure>
      </section>
      {corrected ? (
        <p className="text-xs text-muted">
          Budget, history and burn rates count {budget.counted}. {budget.correction?.note}
        </p>
      ) : null}
    </>
  );
}

const Small = ({ children }: { children: ReactNode }) => <span className="text-2xs font-normal text-faint">{children}</span>;

function Figure({ label, title, children }: { label: string; title?: string; children: ReactNode }) {
  return (
    <div title={title} className="flex min-w-0 flex-col gap-0.5 bg-surface px-4 py-3">
      <span className="text-xs text-muted">{label}</span>
      <span className="num text-sm leading-6 font-medium">{children}</span>
    </div>
  );
}

function History({ project, objective }: { project: string; objective: Objective }) {
  const history = useQuery(budgetHistoryQuery(project, objective.id));
  return (
    <Box title="Budget over the period">
      {history.isError ? (
        <div className="px-4 py-3">
          <FailedLine error={history.error} />
        </div>
      ) : history.isPending ? (
        <div role="status" aria-label="Loading" className="skeleton m-4 h-52" />
      ) : history.data.items.length === 0 ? (
        <p className="px-4 py-12 text-center text-xs text-muted">Nothing was counted in this period yet.</p>
      ) : (
        <BudgetChart points={history.data.items} from={Date.parse(objective.budget.period_start) / 1000} to={Date.parse(objective.budget.period_end) / 1000} />
      )}
    </Box>
  );
}

function Alarms({ project, objective }: { project: string; objective: Objective }) {
  const alarms = useQuery(objectiveAlarmsQuery(project, objective.id));
  return (
    <Box title="Alarms">
      {alarms.isError ? (
        <div className="px-4 py-3">
          <FailedLine error={alarms.error} />
        </div>
      ) : alarms.isPending ? (
        <SkeletonRows rows={2} height={48} />
      ) : (
        <AlarmList project={project} agent={objective.agent} alarms={alarms.data.items} none="It has never burned too fast." />
      )}
    </Box>
  );
}

function DeleteDialog({ project, objective, onClose, onGone }: { project: string; objective: Objective; onClose: () => void; onGone: () => void }) {
  const changed = useObjectivesChanged(project);
  const remove = useMutation({
    mutationFn: () => api.DELETE("/api/v1/objectives/{objective_id}", { params: { path: { objective_id: objective.id }, query: { project } } }),
    onSuccess: () => {
      notify("Deleted; its alarms stay in the record");
      onGone();
      void changed();
    },
  });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Delete this objective" description={objective.name}>
      <p className="text-xs text-muted">Nothing is counted against it any more. What burned of it is over within ten seconds; its alarms stay in the record.</p>
      <FailedLine error={remove.error} />
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
          Delete it
        </Button>
      </div>
    </Dialog>
  );
}
