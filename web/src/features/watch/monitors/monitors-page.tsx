import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Plus, Radar, Search } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { useProject } from "@/client/project";
import { useLiveRefresh } from "@/features/observe/live-refresh";
import { Button, buttonClass } from "@/ui/button";
import { cx } from "@/ui/classes";
import { Select } from "@/ui/form";
import { count, plural } from "@/ui/format";
import { Keys } from "@/ui/keys";
import { Page } from "@/ui/shell/page";
import { useShortcuts } from "@/ui/shortcuts";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { MonitorDialog } from "./monitor-dialog";
import { COLUMNS, MonitorRow, ROW } from "./monitor-row";
import { monitorsQuery, rankingQuery } from "./queries";
import type { Monitor } from "./types";
import { byEvidence, stateOf, STATES, type State } from "./words";

const route = getRouteApi("/shell/monitors");

/** Every monitor, by what wants a person: alarms, silence, evidence, learning. */
export function MonitorsPage() {
  const project = useProject();
  const { agent, state, q } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useQuery(monitorsQuery(project));
  const ranking = useQuery(rankingQuery(project));
  const [active, setActive] = useState(-1);
  const [making, setMaking] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  useLiveRefresh([["monitors", project]], { everyMs: 5000, when: () => true });
  const all = useMemo(() => list.data?.items ?? [], [list.data]);
  const rows = useMemo(() => {
    const words = (q ?? "").toLowerCase();
    return all.filter((each) => (!agent || each.agent === agent) && (!state || stateOf(each) === state) && (!words || `${each.name} ${each.signal_title}`.toLowerCase().includes(words))).sort(byEvidence);
  }, [all, agent, state, q]);
  const firm = useMemo(() => new Set(ranking.data?.items.flatMap((each) => (each.firm ? [each.monitor] : []))), [ranking.data]);
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtual list's own state; nothing here is memoised on it
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 12 });
  const set = (next: Partial<ReturnType<typeof route.useSearch>>) => {
    setActive(-1);
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  };
  const move = (by: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, active + by));
    setActive(next);
    virtual.scrollToIndex(next);
  };
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    arrowdown: () => move(1),
    arrowup: () => move(-1),
    enter: () => {
      const current = rows[active];
      if (current) void navigate({ to: "/monitors/$monitorId", params: { monitorId: current.id } });
    },
    c: () => setMaking(true),
  });
  return (
    <Page
      title="Monitors"
      heading={
        <h1 className="flex items-baseline gap-2 text-base font-semibold tracking-[-0.01em]">
          Monitors
          <span className="num text-xs font-normal text-muted">{list.data ? plural(rows.length, "monitor") : ""}</span>
        </h1>
      }
      actions={
        <>
          <Link to="/objectives" search={{ agent }} className={buttonClass()}>
            Objectives
          </Link>
          <Button onClick={() => setMaking(true)}>
            <Plus className="size-3.5 text-muted" aria-hidden /> New monitor <Keys value="c" />
          </Button>
        </>
      }
      bar={<Bar all={all} agent={agent} state={state} q={q} onChange={set} />}
    >
      {list.isError ? (
        <Failed what="Monitors" error={list.error} retry={() => void list.refetch()} />
      ) : list.isPending ? (
        <SkeletonRows rows={10} height={ROW} />
      ) : rows.length === 0 ? (
        <NoMonitor narrowed={all.length > 0} />
      ) : (
        <div className="flex h-full min-h-0 flex-col bg-surface">
          <p className="num shrink-0 border-b border-line px-4 py-1.5 text-xs text-muted md:px-5">
            {ranking.data ? (
              <>
                {plural(ranking.data.armed, "armed monitor")}, together {ranking.data.yearly_false_alarms.toFixed(2)} false alarms a year at most. <span className="hidden sm:inline">{ranking.data.note}</span>
              </>
            ) : (
              " "
            )}
            {list.data.too_old ? <span className="text-warn"> {plural(list.data.too_old, "result")} came too late to count.</span> : null}
          </p>
          <div role="table" aria-label="Monitors" aria-rowcount={rows.length + 1} className="flex min-h-0 flex-1 flex-col">
            <div role="row" className={cx(COLUMNS, "h-8 shrink-0 border-b border-line px-4 text-xs text-muted md:px-5")}>
              <span role="columnheader">State</span>
              <span role="columnheader">Watches</span>
              <span role="columnheader" className="text-right">
                Last day
              </span>
              <span role="columnheader" className="hidden text-right md:block">
                Usually
              </span>
              <span role="columnheader" className="hidden md:block">
                Evidence
              </span>
              <span role="columnheader" className="hidden text-right xl:block">
                False alarms
              </span>
              <span role="columnheader">
                <span className="sr-only">Actions</span>
              </span>
            </div>
            <div ref={scroller} role="rowgroup" tabIndex={0} aria-label="Monitors, by evidence" className="min-h-0 flex-1 overflow-y-auto">
              <div role="presentation" style={{ height: virtual.getTotalSize(), position: "relative" }}>
                {virtual.getVirtualItems().map((item) => {
                  const monitor = rows[item.index];
                  return monitor ? (
                    <div role="presentation" key={monitor.id} className="absolute inset-x-0" style={{ transform: `translateY(${item.start}px)` }}>
                      <MonitorRow project={project} monitor={monitor} active={item.index === active} firm={firm.has(monitor.id)} onActive={() => setActive(item.index)} />
                    </div>
                  ) : null;
                })}
              </div>
            </div>
          </div>
        </div>
      )}
      {making ? <MonitorDialog project={project} agent={agent} onClose={() => setMaking(false)} onMade={(id) => void navigate({ to: "/monitors/$monitorId", params: { monitorId: id } })} /> : null}
    </Page>
  );
}

interface BarProps {
  all: readonly Monitor[];
  agent: string | undefined;
  state: State | undefined;
  q: string | undefined;
  onChange: (next: { agent?: string | undefined; state?: State | undefined; q?: string | undefined }) => void;
}

function Bar({ all, agent, state, q, onChange }: BarProps) {
  const mine = all.filter((each) => !agent || each.agent === agent);
  const agents = [...new Set([...all.map((each) => each.agent), ...(agent ? [agent] : [])])].filter(Boolean).sort();
  return (
    <div className="flex flex-wrap items-center gap-2 px-4 pb-2.5 md:px-5">
      <div role="group" aria-label="Which monitors" className="flex max-w-full overflow-x-auto rounded-md border border-line-strong p-px">
        {([undefined, ...STATES] as const).map((value) => (
          <button key={value ?? ""} type="button" aria-pressed={state === value} onClick={() => onChange({ state: value })} className={cx("h-6 rounded px-2 text-2xs whitespace-nowrap", state === value ? "bg-hover font-medium text-text" : "text-muted hover:text-text")}>
            {value ?? "all"} <span className="num text-faint">{count(value ? mine.filter((each) => stateOf(each) === value).length : mine.length)}</span>
          </button>
        ))}
      </div>
      <label className="flex h-7 min-w-40 flex-1 items-center gap-2 rounded-md border border-line-strong bg-surface px-2 focus-within:border-focus focus-within:ring-1 focus-within:ring-focus">
        <Search className="size-3.5 shrink-0 text-muted" aria-hidden />
        <input
          data-search
          aria-label="Find a monitor"
          placeholder="Find by its name"
          className="min-w-0 flex-1 bg-transparent text-xs outline-none"
          value={q ?? ""}
          onChange={(event) => onChange({ q: event.target.value || undefined })}
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        />
      </label>
      <Select label="Agent" value={agent ?? ""} choices={[{ value: "", label: "Every agent" }, ...agents.map((each) => ({ value: each, label: each }))]} onChange={(value) => onChange({ agent: value || undefined })} className="max-w-48" />
    </div>
  );
}

function NoMonitor({ narrowed }: { narrowed: boolean }) {
  if (narrowed)
    return (
      <Empty icon={<Search />} title="No monitor matches">
        <Link to="/monitors" className={`${buttonClass()} mt-4`}>
          Remove the filters
        </Link>
      </Empty>
    );
  return (
    <Empty icon={<Radar />} title="Nothing is watched yet">
      <p>Send runs of an agent: its monitors are there by themselves with the first judged run, and armed as soon as they know what is usual.</p>
      <Link to="/connect" className={`${buttonClass("primary")} mt-4`}>
        Connect an agent
      </Link>
    </Empty>
  );
}
