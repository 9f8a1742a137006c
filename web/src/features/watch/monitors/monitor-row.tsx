import { Link } from "@tanstack/react-router";
import { cx } from "@/ui/classes";
import { percent } from "@/ui/format";
import { MonitorActions } from "./actions";
import { EvidenceBar, PhaseMark, SeenRate } from "./look";
import type { Monitor } from "./types";
import { perDayWords, promiseWords, runsOfMonitor, shown, shownSeen, titleOf } from "./words";

export const ROW = 56;
/** State, what it watches, observed, usual, evidence, promise, actions. */
export const COLUMNS = "grid grid-cols-[5.5rem_minmax(0,1fr)_7rem_2rem] items-center gap-x-3 md:grid-cols-[5.5rem_minmax(8rem,1.2fr)_8rem_7rem_minmax(9rem,1fr)_2rem] xl:grid-cols-[5.5rem_minmax(8rem,1.4fr)_9rem_8rem_minmax(10rem,1fr)_8rem_2rem]";

interface MonitorRowProps {
  project: string;
  monitor: Monitor;
  active: boolean;
  /** Whether its evidence stands when all monitors are looked at together. */
  firm: boolean;
  onActive: () => void;
}

export function MonitorRow({ project, monitor, active, firm, onActive }: MonitorRowProps) {
  const { agent, signal } = monitor;
  return (
    <div role="row" aria-current={active || undefined} onFocus={onActive} style={{ height: ROW }} className={cx(COLUMNS, "border-b border-line px-4 transition-colors md:px-5", active ? "bg-selected" : "hover:bg-hover")}>
      <span role="cell">
        <PhaseMark monitor={monitor} />
      </span>
      <span role="cell" className="flex min-w-0 flex-col">
        <Link to="/monitors/$monitorId" params={{ monitorId: monitor.id }} className="block min-h-6 truncate rounded text-sm leading-6 font-medium hover:text-accent" title={monitor.name}>
          {titleOf(monitor)}
        </Link>
        {agent ? (
          <Link to="/agents/$agent" params={{ agent }} className="block min-h-6 truncate rounded text-xs leading-6 text-muted hover:text-text" title={monitor.name}>
            {agent}
          </Link>
        ) : (
          <span className="truncate text-xs text-muted">runs without an agent</span>
        )}
      </span>
      <span role="cell" className="text-right">
        <Link to="/runs" search={runsOfMonitor(monitor, { from: "-24h" })} className="rounded hover:link" title="Results of the last day">
          {signal === "volume" ? <span className="num text-xs">{monitor.per_day > 0 ? perDayWords(monitor.per_day) : "–"}</span> : <SeenRate seen={shownSeen(monitor, monitor.last_day)} ofWhat="results" stacked />}
        </Link>
      </span>
      <span role="cell" className="num hidden text-right text-xs md:block" title={monitor.bound === null ? "Not learned yet" : `It bets against ${percent(shown(monitor, monitor.bound))}, the 90 % bound of the reference`}>
        {monitor.usual === null ? (
          <span className="text-faint">–</span>
        ) : (
          <Link to="/runs" search={runsOfMonitor(monitor, { from: monitor.reference_from ?? "all", to: monitor.reference_to ?? undefined })} className="rounded hover:link">
            {percent(shown(monitor, monitor.usual))} <span className="block text-2xs text-faint">n {monitor.reference_n}</span>
          </Link>
        )}
      </span>
      <span role="cell" className="hidden min-w-0 md:block">
        <EvidenceBar monitor={monitor} />
        {firm ? <span className="text-2xs text-bad" title="It stands even when all monitors are looked at together">firm over the fleet</span> : null}
      </span>
      <span role="cell" className="num hidden text-right text-xs text-muted xl:block" title="Bound of the probability of any false alarm in a year; what it stands on is said on its page">
        {promiseWords(monitor)}
      </span>
      <span role="cell">
        <MonitorActions project={project} monitor={monitor} />
      </span>
    </div>
  );
}
