import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ShieldCheck, UserX } from "lucide-react";
import { onCallQuery } from "@/features/registry/queries";
import { lengthOfTime } from "@/ui/format";
import { FailedLine } from "@/ui/states";
import { Ago } from "@/ui/time";
import { Box } from "../incidents/box";
import { SeverityMark, StateMark } from "../incidents/look";
import { incidentsOfAgentQuery } from "../monitors/queries";

/** What is wrong with an agent now, and what was lately. */
export function AgentIncidents({ project, agent }: { project: string; agent: string }) {
  const list = useQuery(incidentsOfAgentQuery(project, agent));
  const standing = list.data?.items.filter((each) => each.state !== "resolved") ?? [];
  return (
    <Box
      title="Open incidents"
      aside={
        <Link to="/incidents" search={{ agent, tab: "all" }} className="inline-flex min-h-6 items-center text-xs link">
          all its incidents
        </Link>
      }
    >
      {list.isError ? (
        <div className="px-4 py-3">
          <FailedLine error={list.error} />
        </div>
      ) : list.isPending ? (
        <div role="status" aria-label="Loading" className="skeleton m-4 h-12" />
      ) : standing.length === 0 ? (
        <p className="flex items-center justify-center gap-2 px-4 py-6 text-xs text-muted">
          <ShieldCheck className="size-4" aria-hidden /> Nothing is wrong that anybody knows of.
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {standing.map((incident) => (
            <li key={incident.id} className="flex flex-wrap items-center gap-x-2 gap-y-1 px-4 py-2 text-xs">
              <SeverityMark severity={incident.severity} words={false} />
              <Link to="/incidents/$incidentId" params={{ incidentId: incident.id }} className="min-w-0 flex-1 truncate rounded font-medium hover:text-accent" title={incident.title}>
                {incident.number}: {incident.title}
              </Link>
              <StateMark state={incident.state} />
              <Ago at={incident.opened_at} className="num text-muted" />
            </li>
          ))}
        </ul>
      )}
    </Box>
  );
}

/** Who is told about an agent at this moment, level by level. */
export function OnCallNow({ project, agent }: { project: string; agent: string }) {
  const read = useQuery(onCallQuery(project, agent));
  const onCall = read.data;
  return (
    <Box
      title="On call now"
      aside={
        <Link to="/on-call" search={{ tab: "agents", open: agent }} className="inline-flex min-h-6 items-center text-xs link">
          {onCall?.team ? `team ${onCall.team}` : "say who"}
        </Link>
      }
    >
      {read.isError ? (
        <div className="px-4 py-3">
          <FailedLine error={read.error} />
        </div>
      ) : !onCall ? (
        <div role="status" aria-label="Loading" className="skeleton m-4 h-12" />
      ) : (
        <div className="px-4 py-2 text-xs">
          {onCall.levels.length === 0 ? (
            <p className="flex items-start gap-1.5 py-2 text-bad">
              <UserX className="mt-0.5 size-3.5 shrink-0" aria-hidden /> Nobody is told{onCall.gap ? `: ${onCall.gap}` : ""}.
            </p>
          ) : (
            <ol>
              {onCall.levels.map((level) => (
                <li key={level.number} className="flex items-baseline gap-2 py-0.5">
                  <span className="num w-3 shrink-0 text-muted">{level.number}</span>
                  <span className="min-w-0 flex-1">
                    {level.responders.map((each) => each.person ?? each.channel ?? each.email ?? "a channel").join(", ")}
                    <span className="text-muted"> {level.responders[0]?.why}</span>
                  </span>
                  <span className="num shrink-0 text-muted" title="Without an acknowledgement in this time, the next is told">
                    {lengthOfTime(level.timeout_seconds)}
                  </span>
                </li>
              ))}
            </ol>
          )}
          <p className="mt-1 flex flex-wrap gap-x-3 text-muted">
            {onCall.owner ? <span>owner {onCall.owner}</span> : null}
            {onCall.tier ? <span>tier {onCall.tier}</span> : null}
            {onCall.runbook && /^https?:\/\//.test(onCall.runbook) ? (
              <a href={onCall.runbook} target="_blank" rel="noreferrer" className="link">
                runbook
              </a>
            ) : null}
          </p>
        </div>
      )}
    </Box>
  );
}
