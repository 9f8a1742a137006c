import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Ban, Play } from "lucide-react";
import { api } from "@/client/api";
import { useProject } from "@/client/project";
import { Card } from "@/features/settings/section";
import { Button } from "@/ui/button";
import { cx } from "@/ui/classes";
import { Select } from "@/ui/form";
import { plural } from "@/ui/format";
import { Page } from "@/ui/shell/page";
import { Failed, SkeletonRows } from "@/ui/states";
import { notify } from "@/ui/toast";
import { DrillState } from "./drills";
import { ORDER, Survived, VERDICTS, VerdictBar } from "./look";
import { drillReportQuery, type DrillReport, type FaultReport, type Verdict } from "./queries";
import { RunRow } from "./run-row";

const route = getRouteApi("/shell/gateway/drills/$drillId");

/** How a drill came out: for each fault, what the agent did; each run opens. */
export function DrillPage() {
  const project = useProject();
  const { drillId } = route.useParams();
  const { verdict, fault } = route.useSearch();
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const read = useQuery(drillReportQuery(project, drillId));
  const path = { params: { path: { drill_id: drillId }, query: { project } } };
  const change = useMutation({
    mutationFn: (what: "cancel" | "resume") => (what === "cancel" ? api.POST("/api/v1/drills/{drill_id}/cancel", path) : api.POST("/api/v1/drills/{drill_id}/resume", path)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["drills", project] }),
    onError: (error) => notify("That did not work", error.message),
  });
  const report = read.data;
  const set = (next: Partial<ReturnType<typeof route.useSearch>>) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });
  return (
    <Page
      title={report ? `Drill of ${report.drill.agent}` : "Drill"}
      heading={
        <h1 className="flex flex-wrap items-baseline gap-x-2 text-base font-semibold tracking-[-0.01em]">
          <Link to="/gateway" search={{ tab: "drills" }} className="font-normal text-muted hover:text-text">
            Drills
          </Link>
          <span className="text-faint">/</span> {report ? (report.drill.name ?? report.drill.agent) : drillId}
        </h1>
      }
      actions={
        report ? (
          <>
            <DrillState drill={report.drill} />
            {report.drill.state === "running" ? (
              <Button disabled={change.isPending} onClick={() => change.mutate("cancel")}>
                <Ban className="size-3.5 text-muted" aria-hidden /> Cancel
              </Button>
            ) : report.drill.state === "cancelled" ? (
              <Button disabled={change.isPending} onClick={() => change.mutate("resume")}>
                <Play className="size-3.5 text-muted" aria-hidden /> Go on
              </Button>
            ) : null}
          </>
        ) : undefined
      }
    >
      <div className="h-full overflow-y-auto" tabIndex={0} role="region" aria-label="Report of the drill">
        {read.isError ? (
          <Failed what="This drill" error={read.error} retry={() => void read.refetch()} />
        ) : report ? (
          <div className="mx-auto flex max-w-6xl flex-col gap-6 p-4 md:p-6">
            <Summary report={report} onVerdict={(next) => set({ verdict: next })} />
            <Matrix title="One fault at a time" about="Worst first." faults={report.faults} chosen={fault} onFault={(next) => set({ fault: next })} />
            {report.pairs.length ? <Matrix title="Two faults in one run" about="Pairs of the faults above; together they may do what neither does alone." faults={report.pairs} chosen={fault} onFault={(next) => set({ fault: next })} /> : null}
            <Runs report={report} verdict={verdict as Verdict | undefined} fault={fault} onSet={set} project={project} />
          </div>
        ) : (
          <SkeletonRows rows={8} height={48} />
        )}
      </div>
    </Page>
  );
}

function Summary({ report, onVerdict }: { report: DrillReport; onVerdict: (verdict: Verdict) => void }) {
  const { drill, share } = report;
  const unsteady = report.cases.filter((each) => each.unsteady);
  return (
    <section aria-label="Summary" className="grid gap-4 md:grid-cols-[14rem_minmax(0,1fr)]">
      <Card className="p-4">
        <p className="text-xs text-muted">Injected faults survived</p>
        <p className="mt-1 text-xl font-semibold">
          <Survived share={share} stacked={false} />
        </p>
        <p className="mt-2 text-2xs text-muted">recovered or said so; runs with one fault</p>
      </Card>
      <Card className="p-4">
        <VerdictBar share={share} />
        <ul aria-label="Verdicts" className="mt-3 grid grid-cols-2 gap-x-4 gap-y-1.5 md:grid-cols-3">
          {ORDER.map((verdict) => {
            const { icon: Icon, word, what, text } = VERDICTS[verdict];
            const n = share[verdict] + report.pairs_share[verdict];
            return (
              <li key={verdict}>
                <button type="button" title={what} disabled={n === 0} onClick={() => onVerdict(verdict)} className={cx("flex min-h-6 w-full items-center gap-1.5 rounded text-left text-xs enabled:hover:underline", n ? text : "text-faint")}>
                  <Icon className="size-3.5 shrink-0" aria-hidden />
                  <span className="num font-medium">{n}</span> {word}
                </button>
              </li>
            );
          })}
        </ul>
        <p className="mt-3 text-2xs text-muted">
          {plural(drill.cases, "task")}, {drill.clean_runs} clean {drill.clean_runs === 1 ? "run" : "runs"} of each first, seed {drill.seed}
          {drill.left_out ? `; ${plural(drill.left_out, "run")} left out by the budget of ${drill.budget}` : ""}
          {unsteady.length ? `; nothing can be concluded from ${plural(unsteady.length, "task")}: ${unsteady[0]?.unsteady ?? ""}` : ""}
        </p>
      </Card>
    </section>
  );
}

const badness = ({ share }: FaultReport) => [share.silently_wrong, share.crashed, -(share.share ?? 2)] as const;

function worstFirst(a: FaultReport, b: FaultReport): number {
  const [left, right] = [badness(a), badness(b)];
  return right[0] - left[0] || right[1] - left[1] || right[2] - left[2];
}

interface MatrixProps {
  title: string;
  about: string;
  faults: readonly FaultReport[];
  chosen: string | undefined;
  onFault: (fault: string | undefined) => void;
}

export const keyOf = (report: FaultReport) => report.faults.join("+");

function Matrix({ title, about, faults, chosen, onFault }: MatrixProps) {
  return (
    <section>
      <h2 className="text-sm font-semibold">{title}</h2>
      <p className="mb-2 text-xs text-muted">{about}</p>
      <Card>
        <ul aria-label={title}>
          {[...faults].sort(worstFirst).map((each) => (
            <li key={keyOf(each)} className={cx("border-t border-line first:border-t-0", chosen === keyOf(each) && "bg-selected")}>
              <button type="button" aria-pressed={chosen === keyOf(each)} onClick={() => onFault(chosen === keyOf(each) ? undefined : keyOf(each))} className="grid w-full grid-cols-[minmax(0,1fr)_6rem] items-center gap-x-4 gap-y-1 px-4 py-2 text-left hover:bg-hover md:grid-cols-[14rem_minmax(0,1fr)_7rem]">
                <span className="truncate text-xs font-medium">{each.title}</span>
                <VerdictBar share={each.share} className="max-md:col-span-2 max-md:row-start-2" none={each.unreachable ? `no call it could be in (${plural(each.unreachable, "task")})` : "no runs yet"} />
                <span className="text-right text-xs">
                  <Survived share={each.share} />
                </span>
              </button>
            </li>
          ))}
        </ul>
      </Card>
    </section>
  );
}

interface RunsProps {
  report: DrillReport;
  project: string;
  verdict: Verdict | undefined;
  fault: string | undefined;
  onSet: (next: { verdict?: string | undefined; fault?: string | undefined }) => void;
}

function Runs({ report, project, verdict, fault, onSet }: RunsProps) {
  const inputs = new Map(report.cases.map((each) => [each.case, each.input]));
  const all = [...report.faults, ...report.pairs].flatMap((each) => each.runs.map((run) => ({ run, key: keyOf(each), title: each.title })));
  const shown = all.filter(({ run, key }) => (!verdict || run.verdict === verdict) && (!fault || key === fault)).sort((a, b) => ORDER.indexOf(a.run.verdict) - ORDER.indexOf(b.run.verdict));
  const choices = [{ value: "", label: "Every verdict" }, ...ORDER.map((each) => ({ value: each, label: VERDICTS[each].word }))];
  return (
    <section>
      <div className="mb-2 flex flex-wrap items-center gap-3">
        <h2 className="text-sm font-semibold">
          Runs <span className="num text-xs font-normal text-muted">{shown.length === all.length ? all.length : `${shown.length} of ${all.length}`}</span>
        </h2>
        <Select label="Verdict" value={verdict ?? ""} choices={choices} onChange={(value) => onSet({ verdict: value || undefined })} />
        {fault ? <Button onClick={() => onSet({ fault: undefined })}>All faults</Button> : null}
      </div>
      <Card>
        {shown.length === 0 ? (
          <p className="p-4 text-xs text-muted">{all.length ? "No run is like that." : "The runs with faults follow once the clean ones are over."}</p>
        ) : (
          <ul aria-label="Runs of the drill">
            {shown.map(({ run, title }) => (
              <RunRow key={run.run.number} report={run} title={title} input={inputs.get(run.run.case) ?? ""} project={project} />
            ))}
          </ul>
        )}
      </Card>
    </section>
  );
}
