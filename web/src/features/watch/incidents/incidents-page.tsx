import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Plus, Search, ShieldCheck } from "lucide-react";
import { useMemo, useState } from "react";
import { about } from "@/client/live";
import { useProject } from "@/client/project";
import { useLiveRefresh } from "@/features/observe/live-refresh";
import { fleetQuery } from "@/features/observe/queries";
import { RangePicker } from "@/features/observe/range-picker";
import { Button, buttonClass } from "@/ui/button";
import { cx } from "@/ui/classes";
import { CodeBlock } from "@/ui/copy";
import { Select } from "@/ui/form";
import { plural } from "@/ui/format";
import { Keys } from "@/ui/keys";
import { Page } from "@/ui/shell/page";
import { useShortcuts } from "@/ui/shortcuts";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { useAct } from "./change";
import { IncidentFigures } from "./figures";
import { IncidentRow } from "./incident-row";
import { NewIncidentDialog } from "./new-incident";
import { inOrder } from "./order";
import { incidentsQuery, STANDING } from "./queries";
import type { Severity } from "./types";

const route = getRouteApi("/shell/incidents");
const TABS = [
  [undefined, "Standing", STANDING],
  ["resolved", "Resolved", ["resolved"]],
  ["all", "All", [...STANDING, "resolved"]],
  ["figures", "Figures", STANDING],
] as const;
const ANY = "";

/** What is wrong and who has it: what nobody looks after comes first. */
export function IncidentsPage() {
  const project = useProject();
  const { tab, severity, agent, q, from, to, tests } = route.useSearch();
  const navigate = route.useNavigate();
  const state = [...(TABS.find(([id]) => id === tab)?.[2] ?? STANDING)];
  // What stands now is shown whenever it began.
  const range = tab === undefined ? {} : { from, to };
  const list = useInfiniteQuery(incidentsQuery(project, { state, severity, agent, q, tests: tests === "shown", ...range }));
  const incidents = useMemo(() => inOrder(list.data?.pages.flatMap((page) => page.items) ?? []), [list.data]);
  const fleet = useQuery(fleetQuery(project, {}));
  const act = useAct(project);
  const [active, setActive] = useState(-1);
  const [making, setMaking] = useState(false);
  useLiveRefresh([["incidents", project], ["incident-figures", project]], { everyMs: 1000, when: about("incidents") });
  const set = (next: Partial<ReturnType<typeof route.useSearch>>) => {
    setActive(-1);
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  };
  const current = incidents[active];
  const move = (by: number) => setActive((at) => Math.max(0, Math.min(incidents.length - 1, at + by)));
  const doing = (action: "acknowledge" | "resolve" | "mitigate") => current?.actions.includes(action) && act.mutate({ id: current.id, action });
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    arrowdown: () => move(1),
    arrowup: () => move(-1),
    enter: () => current && void navigate({ to: "/incidents/$incidentId", params: { incidentId: current.id } }),
    a: () => doing("acknowledge"),
    m: () => doing("mitigate"),
    e: () => doing("resolve"),
    c: () => setMaking(true),
  });
  const agents = [...new Set([...(fleet.data?.items ?? []).flatMap((row) => row.agent ?? []), ...(agent ? [agent] : [])])].sort();
  return (
    <Page
      title="Incidents"
      heading={
        <h1 className="flex items-baseline gap-2 text-base font-semibold tracking-[-0.01em]">
          Incidents
          <span className="num text-xs font-normal text-muted">{list.data && tab !== "figures" ? plural(incidents.length, "incident") + (list.hasNextPage ? " shown" : "") : ""}</span>
        </h1>
      }
      actions={
        <>
          <Button onClick={() => setMaking(true)}>
            <Plus className="size-3.5 text-muted" aria-hidden /> New incident <Keys value="c" />
          </Button>
          {tab === undefined ? null : <RangePicker value={range} onChange={set} />}
        </>
      }
      bar={
        <div className="flex flex-wrap items-center gap-2 px-4 pb-2.5 md:px-5">
          <div role="group" aria-label="Which incidents" className="flex max-w-full overflow-x-auto rounded-md border border-line-strong p-px">
            {TABS.map(([value, label]) => (
              <button key={label} type="button" aria-pressed={tab === value} onClick={() => set({ tab: value })} className={cx("h-6 rounded px-2 text-2xs whitespace-nowrap", tab === value ? "bg-hover font-medium text-text" : "text-muted hover:text-text")}>
                {label}
              </button>
            ))}
          </div>
          {tab === "figures" ? null : (
            <>
              <label className="flex h-7 min-w-40 flex-1 items-center gap-2 rounded-md border border-line-strong bg-surface px-2 focus-within:border-focus focus-within:ring-1 focus-within:ring-focus">
                <Search className="size-3.5 shrink-0 text-muted" aria-hidden />
                <input
                  data-search
                  aria-label="Find an incident"
                  placeholder="Find by words of its title"
                  className="min-w-0 flex-1 bg-transparent text-xs outline-none"
                  value={q ?? ""}
                  onChange={(event) => set({ q: event.target.value || undefined })}
                  onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
                />
              </label>
              <Select label="Severity" value={severity ?? ANY} choices={[{ value: ANY, label: "Every severity" }, ...["critical", "error", "warning", "info"].map((each) => ({ value: each, label: each }))]} onChange={(value) => set({ severity: (value || undefined) as Severity | undefined })} />
              <Select label="Agent" value={agent ?? ANY} choices={[{ value: ANY, label: "Every agent" }, ...agents.map((each) => ({ value: each, label: each }))]} onChange={(value) => set({ agent: value || undefined })} className="max-w-48" />
              <label className="flex min-h-6 items-center gap-1.5 text-2xs text-muted">
                <input type="checkbox" className="accent-(--accent)" checked={tests === "shown"} onChange={(event) => set({ tests: event.target.checked ? "shown" : undefined })} />
                test pages too
              </label>
            </>
          )}
        </div>
      }
    >
      <div className="h-full overflow-y-auto bg-surface" tabIndex={0} role="region" aria-label="List of incidents">
        {tab === "figures" ? (
          <IncidentFigures project={project} range={range} />
        ) : list.isError ? (
          <Failed what="Incidents" error={list.error} retry={() => void list.refetch()} />
        ) : list.isPending ? (
          <SkeletonRows rows={8} height={56} />
        ) : incidents.length === 0 ? (
          <NoIncident narrowed={Boolean(agent ?? q ?? severity)} tab={tab} />
        ) : (
          <>
            <ul aria-label="Incidents">
              {incidents.map((incident, index) => (
                <IncidentRow key={incident.id} incident={incident} active={index === active} onActive={() => setActive(index)} />
              ))}
            </ul>
            {list.hasNextPage ? (
              <div className="p-4 text-center">
                <Button disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                  Show more
                </Button>
              </div>
            ) : null}
          </>
        )}
      </div>
      {making ? <NewIncidentDialog project={project} agents={agents} onClose={() => setMaking(false)} /> : null}
    </Page>
  );
}

function NoIncident({ narrowed, tab }: { narrowed: boolean; tab: string | undefined }) {
  if (narrowed)
    return (
      <Empty icon={<Search />} title="No incident matches">
        <Link to="/incidents" search={{ tab: tab === "resolved" || tab === "all" ? tab : undefined }} className={`${buttonClass()} mt-4`}>
          Remove the filters
        </Link>
      </Empty>
    );
  if (tab !== undefined) return <Empty icon={<ShieldCheck />} title="No incident in this time" />;
  return (
    <Empty icon={<ShieldCheck />} title="Nothing is wrong that anybody knows of">
      <p>Monitors, error budgets, Alertmanager and people open incidents here. Make sure that somebody hears of them: say who is on call, and send a test page.</p>
      <div className="mt-4 flex justify-center gap-2">
        <Link to="/on-call" search={{ tab: "agents" }} className={buttonClass()}>
          Who is on call
        </Link>
        <Link to="/settings/$section" params={{ section: "channels" }} className={buttonClass()}>
          Notification channels
        </Link>
      </div>
      <div className="mt-5 text-left">
        <CodeBlock title="From anywhere" code={`curl ${window.location.origin}/api/v1/alarms -H 'content-type: application/json' \\\n  -d '{"source": "my check", "agent": "support", "title": "answers are empty"}'`} wrap />
      </div>
    </Empty>
  );
}
