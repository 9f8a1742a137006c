import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { TimeRange } from "@/client/time-range";
import type { FleetRow } from "@/client/types";
import { count, percent, plural } from "@/ui/format";
import { agentFilter, runsOf } from "../links";

/** To an agent's own page; runs that named no agent have none, so to those runs. */
export function AgentLink({ row, range, className, children }: { row: FleetRow; range: TimeRange; className: string; children: ReactNode }) {
  return row.agent ? (
    <Link to="/agents/$agent" params={{ agent: row.agent }} search={range} className={className}>
      {children}
    </Link>
  ) : (
    <Link to="/runs" search={runsOf(range, agentFilter(null))} className={className}>
      {children}
    </Link>
  );
}

/** Of how many runs the outcome is known: what a success rate rests on. */
export function Known({ row }: { row: FleetRow }) {
  const known = row.success_rate.n;
  return (
    <span className="num inline-flex flex-col items-end leading-4" title={`Of ${plural(row.runs, "run")} ${count(known)} have an outcome`}>
      <span>{percent(row.runs ? known / row.runs : null)}</span>
      <span className="text-2xs text-faint">
        {count(known)} of {count(row.runs)}
      </span>
    </span>
  );
}
