import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Siren } from "lucide-react";
import { Badge } from "@/ui/badges";
import { shortId } from "@/ui/format";
import { Ago, Instant } from "@/ui/time";
import { SeverityMark } from "../incidents/look";
import { incidentAlarmsQuery } from "./queries";
import type { Alarm } from "./types";

type Told = Pick<Alarm, "id" | "severity" | "title" | "reason" | "at" | "since" | "cleared_at" | "run_ids" | "release">;

const MOST_RUNS = 6;

/** Alarms, newest first, each with the incident it opened or joined and the runs that show it. */
export function AlarmList({ project, agent, alarms, none }: { project: string; agent: string; alarms: readonly Told[]; none: string }) {
  const joined = useQuery({ ...incidentAlarmsQuery(project, agent), enabled: alarms.length > 0 });
  const incident = new Map(joined.data?.items.map((each) => [each.id, each.incident_id]));
  if (alarms.length === 0) return <p className="px-4 py-3 text-xs text-muted">{none}</p>;
  return (
    <ul className="divide-y divide-line">
      {alarms.map((alarm) => {
        const of = incident.get(alarm.id);
        return (
          <li key={alarm.id} id={`alarm-${alarm.id}`} className="scroll-mt-4 px-4 py-2.5 text-xs target:bg-selected">
            <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <SeverityMark severity={alarm.severity} words={false} />
              <span className="font-medium [overflow-wrap:anywhere]">{alarm.title}</span>
              {alarm.cleared_at ? <Badge tone="ok">over</Badge> : <Badge tone="bad">stands</Badge>}
              {of ? (
                <Link to="/incidents/$incidentId" params={{ incidentId: of }} className="inline-flex min-h-6 items-center gap-1 link">
                  <Siren className="size-3" aria-hidden /> its incident
                </Link>
              ) : null}
              <Ago at={alarm.at} className="num ml-auto text-muted" />
            </span>
            {alarm.reason ? <span className="mt-0.5 block text-muted">{alarm.reason}</span> : null}
            <span className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-0.5 text-2xs text-muted">
              {alarm.since ? (
                <span>
                  probably since <Instant at={alarm.since} />
                </span>
              ) : null}
              {alarm.cleared_at ? (
                <span>
                  over <Ago at={alarm.cleared_at} />
                </span>
              ) : null}
              {alarm.run_ids.length ? (
                <span className="flex flex-wrap items-center gap-x-2">
                  runs that show it:
                  {alarm.run_ids.slice(0, MOST_RUNS).map((id) => (
                    <Link key={id} to="/runs/$runId" params={{ runId: id }} className="inline-flex min-h-6 items-center font-mono link">
                      {shortId(id)}
                    </Link>
                  ))}
                  {alarm.run_ids.length > MOST_RUNS ? `and ${alarm.run_ids.length - MOST_RUNS} more` : ""}
                </span>
              ) : null}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
