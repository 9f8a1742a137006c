import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Download, FileUp, Plus, Target } from "lucide-react";
import { useState } from "react";
import { useProject } from "@/client/project";
import { useLiveRefresh } from "@/features/observe/live-refresh";
import { Button, buttonClass } from "@/ui/button";
import { cx } from "@/ui/classes";
import { CodeBlock } from "@/ui/copy";
import { Select } from "@/ui/form";
import { percent, plural } from "@/ui/format";
import { Keys } from "@/ui/keys";
import { Page } from "@/ui/shell/page";
import { useShortcuts } from "@/ui/shortcuts";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { saveOpenSlo } from "./download";
import { BudgetBar, Burning, RunsLinks } from "./look";
import { ObjectiveDialog } from "./objective-dialog";
import { OpenSloDialog } from "./openslo-dialog";
import { objectivesQuery } from "./queries";
import type { Objective } from "./types";
import { aimWords, correctionWords, events, exhaustionWords, rateWords } from "./words";

const route = getRouteApi("/shell/objectives");
const ROW = "grid grid-cols-[minmax(0,1fr)_8rem] items-center gap-x-4 gap-y-1 md:grid-cols-[minmax(10rem,1.6fr)_minmax(8rem,1fr)_8rem_8rem_9rem]";

/** What agents are held to, and how much of what may fail is left; what burns comes first. */
export function ObjectivesPage() {
  const project = useProject();
  const { agent, burning, open } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useQuery(objectivesQuery(project));
  const [active, setActive] = useState(-1);
  useLiveRefresh([["objectives", project]], { everyMs: 10_000, when: () => true });
  const all = list.data?.items ?? [];
  const rows = all.filter((each) => (!agent || each.agent === agent) && (!burning || each.burning.length > 0)).sort((a, b) => Number(b.burning.length > 0) - Number(a.burning.length > 0) || a.budget.left - b.budget.left);
  const agents = [...new Set([...all.map((each) => each.agent), ...(agent ? [agent] : [])])].sort();
  const set = (next: Partial<ReturnType<typeof route.useSearch>>) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  useShortcuts({
    j: () => setActive((at) => Math.min(rows.length - 1, at + 1)),
    k: () => setActive((at) => Math.max(0, at - 1)),
    enter: () => {
      const current = rows[active];
      if (current) void navigate({ to: "/objectives/$objectiveId", params: { objectiveId: current.id } });
    },
    c: () => set({ open: "new" }),
  });
  return (
    <Page
      title="Objectives"
      heading={
        <h1 className="flex items-baseline gap-2 text-base font-semibold tracking-[-0.01em]">
          Objectives
          <span className="num text-xs font-normal text-muted">{list.data ? plural(rows.length, "objective") : ""}</span>
        </h1>
      }
      actions={
        <>
          <Button onClick={() => set({ open: "import" })}>
            <FileUp className="size-3.5 text-muted" aria-hidden /> Import OpenSLO
          </Button>
          {rows.length ? (
            <Button onClick={() => void saveOpenSlo(project, agent ? { agent } : {})}>
              <Download className="size-3.5 text-muted" aria-hidden /> Export
            </Button>
          ) : null}
          <Button onClick={() => set({ open: "new" })}>
            <Plus className="size-3.5 text-muted" aria-hidden /> New objective <Keys value="c" />
          </Button>
        </>
      }
      bar={
        <div className="flex flex-wrap items-center gap-2 px-4 pb-2.5 md:px-5">
          <Select label="Agent" value={agent ?? ""} choices={[{ value: "", label: "Every agent" }, ...agents.map((each) => ({ value: each, label: each }))]} onChange={(value) => set({ agent: value || undefined })} className="max-w-48" />
          <label className="flex min-h-6 items-center gap-1.5 text-xs text-muted">
            <input type="checkbox" className="accent-(--accent)" checked={burning === "only"} onChange={(event) => set({ burning: event.target.checked ? "only" : undefined })} /> only those that burn
          </label>
        </div>
      }
    >
      <div className="h-full overflow-y-auto bg-surface" tabIndex={0} role="region" aria-label="List of objectives">
        {list.isError ? (
          <Failed what="Objectives" error={list.error} retry={() => void list.refetch()} />
        ) : list.isPending ? (
          <SkeletonRows rows={6} height={64} />
        ) : rows.length === 0 ? (
          <NoObjective narrowed={all.length > 0} onNew={() => set({ open: "new" })} />
        ) : (
          <>
            <div aria-hidden className={cx(ROW, "h-8 border-b border-line px-4 text-xs text-muted max-md:hidden md:px-5")}>
              <span>Objective</span>
              <span>Error budget</span>
              <span className="text-right">Achieved</span>
              <span className="text-right">Burns</span>
              <span className="text-right">Used up</span>
            </div>
            <ul aria-label="Objectives">
              {rows.map((objective, index) => (
                <Row key={objective.id} objective={objective} active={index === active} />
              ))}
            </ul>
          </>
        )}
      </div>
      {open === "new" ? <ObjectiveDialog project={project} agent={agent} onClose={() => set({ open: undefined })} onSaved={(id) => void navigate({ to: "/objectives/$objectiveId", params: { objectiveId: id } })} /> : null}
      {open === "import" ? <OpenSloDialog project={project} onClose={() => set({ open: undefined })} /> : null}
    </Page>
  );
}

function Row({ objective, active }: { objective: Objective; active: boolean }) {
  const { budget } = objective;
  const fast = budget.burn_rates[0];
  return (
    <li aria-current={active || undefined} className={cx(ROW, "border-b border-line px-4 py-2.5 transition-colors md:px-5", active ? "bg-selected" : "hover:bg-hover")}>
      <span className="flex min-w-0 flex-col">
        <span className="flex min-w-0 items-center gap-2">
          <Link to="/objectives/$objectiveId" params={{ objectiveId: objective.id }} className="min-h-6 truncate rounded text-sm leading-6 font-medium hover:text-accent">
            {objective.name}
          </Link>
          <Burning objective={objective} />
        </span>
        <span className="truncate text-xs text-muted" title={aimWords(objective)}>
          <Link to="/agents/$agent" params={{ agent: objective.agent }} className="inline-block min-h-6 rounded leading-6 hover:text-text">
            {objective.agent}
          </Link>
          : {aimWords(objective)}
        </span>
      </span>
      <BudgetBar budget={budget} />
      <span className="num text-xs max-md:col-span-2 max-md:before:mr-2 max-md:before:text-muted max-md:before:content-['achieved'] md:text-right">
        {percent(budget.achieved)}{" "}
        <span className="text-2xs text-faint">
          n <RunsLinks filters={[...objective.good_filters, ...objective.bad_filters]} from={budget.period_start} label="Runs that are counted">{events(budget.events.n)}</RunsLinks>
        </span>
        {budget.correction && budget.correction.state !== "not_needed" ? (
          <span className="block text-2xs text-faint" title={correctionWords(budget.correction)}>
            {budget.correction.state === "corrected" ? `by counts ${percent(budget.correction.raw)}` : "uncorrected"}
          </span>
        ) : null}
      </span>
      <span className="num text-right text-xs max-md:hidden" title="Over the last hour; 1× uses the budget up exactly at the end of the period">
        {fast?.long.n ? rateWords(fast.long_rate) : <span className="text-faint">– <span className="text-2xs">n 0</span></span>}
        <span className="block text-2xs text-faint">last hour</span>
      </span>
      <span className="num text-right text-xs text-muted max-md:hidden">{exhaustionWords(budget)}</span>
    </li>
  );
}

const EXAMPLE = `roadworthy objectives add --agent support --target 0.95`;

function NoObjective({ narrowed, onNew }: { narrowed: boolean; onNew: () => void }) {
  if (narrowed)
    return (
      <Empty icon={<Target />} title="No objective matches">
        <Link to="/objectives" className={`${buttonClass()} mt-4`}>
          Remove the filters
        </Link>
      </Empty>
    );
  return (
    <Empty icon={<Target />} title="No agent is held to anything yet">
      <p>Say what share of its work must succeed: what may fail is its error budget, and somebody hears when that is spent too fast.</p>
      <Button look="primary" className="mt-4" onClick={onNew}>
        New objective
      </Button>
      <div className="mt-5 text-left">
        <CodeBlock title="Or at the command line" code={EXAMPLE} wrap />
      </div>
    </Empty>
  );
}
