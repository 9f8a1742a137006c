import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useLiveRefresh } from "@/features/observe/live-refresh";
import { FailedLine } from "@/ui/states";
import { Box } from "../incidents/box";
import { EvidenceBar, PhaseMark, SeenRate } from "../monitors/look";
import { monitorsQuery } from "../monitors/queries";
import { byEvidence, perDayWords, runsOfMonitor, shownSeen, titleOf } from "../monitors/words";

/** An agent's monitors, by what wants a person. */
export function AgentMonitors({ project, agent }: { project: string; agent: string }) {
  const query = monitorsQuery(project, agent);
  const list = useQuery(query);
  useLiveRefresh([query.queryKey], { everyMs: 5000, when: () => true });
  const rows = [...(list.data?.items ?? [])].sort(byEvidence);
  return (
    <Box
      title="Monitors"
      aside={
        <Link to="/monitors" search={{ agent }} className="inline-flex min-h-6 items-center text-xs link">
          all its monitors
        </Link>
      }
    >
      {list.isError ? (
        <div className="px-4 py-3">
          <FailedLine error={list.error} />
        </div>
      ) : list.isPending ? (
        <div role="status" aria-label="Loading" className="skeleton m-4 h-24" />
      ) : rows.length === 0 ? (
        <p className="px-4 py-8 text-center text-xs text-muted">None yet: they are there by themselves with its first judged run.</p>
      ) : (
        <ul className="divide-y divide-line">
          {rows.map((monitor) => (
            <li key={monitor.id} className="grid grid-cols-[5.5rem_minmax(0,1fr)_7rem] items-center gap-x-3 px-4 py-1.5 text-xs sm:grid-cols-[5.5rem_minmax(0,1fr)_7.5rem_minmax(7rem,1fr)]">
              <span>
                <PhaseMark monitor={monitor} />
              </span>
              <Link to="/monitors/$monitorId" params={{ monitorId: monitor.id }} className="min-h-6 truncate rounded leading-6 font-medium hover:text-accent" title={monitor.name}>
                {titleOf(monitor)}
              </Link>
              <Link to="/runs" search={runsOfMonitor(monitor, { from: "-24h" })} className="rounded text-right hover:link" title="Results of the last day">
                {monitor.signal === "volume" ? <span className="num">{monitor.per_day > 0 ? perDayWords(monitor.per_day) : "–"}</span> : <SeenRate seen={shownSeen(monitor, monitor.last_day)} ofWhat="results" stacked />}
              </Link>
              <EvidenceBar monitor={monitor} className="max-sm:hidden" />
            </li>
          ))}
        </ul>
      )}
    </Box>
  );
}
