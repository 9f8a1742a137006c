import { Link } from "@tanstack/react-router";
import { BellOff } from "lucide-react";
import { cx } from "@/ui/classes";
import { plural } from "@/ui/format";
import { Ago } from "@/ui/time";
import { SeverityMark, StateMark } from "./look";
import { unheeded } from "./order";
import type { Incident } from "./types";

/** One line on a desk, three on a phone: what is wrong comes first on both. */
export function IncidentRow({ incident, active, onActive }: { incident: Incident; active: boolean; onActive: () => void }) {
  const who = incident.assignee ?? incident.acknowledged_by;
  return (
    <li
      data-active={active || undefined}
      onMouseDown={onActive}
      className={cx(
        "relative grid gap-x-4 gap-y-1 border-b border-line px-4 py-2.5 text-xs md:grid-cols-[6rem_minmax(0,1fr)_minmax(0,10rem)_minmax(0,8rem)_7rem_5rem] md:items-center md:px-5",
        active ? "bg-selected" : "hover:bg-hover",
      )}
    >
      <span className="flex items-center gap-2 max-md:justify-between">
        <SeverityMark severity={incident.severity} />
        <span className="md:hidden">
          <StateMark state={incident.state} />
        </span>
      </span>
      <span className="min-w-0">
        <Link to="/incidents/$incidentId" params={{ incidentId: incident.id }} className="block text-sm font-medium after:absolute after:inset-0 md:truncate" title={incident.title}>
          <span className="num font-normal text-muted">#{incident.number}</span> {incident.title}
        </Link>
        <span className="num mt-0.5 flex flex-wrap gap-x-3 text-2xs text-muted">
          <span>{plural(incident.alarms, "alarm")}{incident.alarms_standing < incident.alarms ? `, ${incident.alarms_standing} standing` : ""}</span>
          {incident.releases.length ? <span className="truncate">release {incident.releases.join(", ")}</span> : null}
          {incident.reopened ? <span>reopened {plural(incident.reopened, "time")}</span> : null}
          {incident.silenced_until ? (
            <span className="flex items-center gap-1 text-warn">
              <BellOff className="size-3" aria-hidden /> silenced
            </span>
          ) : null}
          {incident.escalation.unheard && unheeded(incident) ? <span className="font-medium text-bad">nobody could be told</span> : null}
        </span>
      </span>
      <span className="min-w-0 truncate" title={incident.agents.join(", ")}>
        {incident.agents.slice(0, 2).join(", ") || "no agent"}
        {incident.agents.length > 2 ? ` and ${incident.agents.length - 2} more` : ""}
      </span>
      <span className="truncate text-muted max-md:hidden" title={incident.owner ? `Owned by ${incident.owner}` : "Nobody owns its agents"}>
        {who ?? (incident.owner ? `owner ${incident.owner}` : incident.teams.join(", ") || <span className="text-bad">no owner</span>)}
      </span>
      <span className="max-md:hidden">
        <StateMark state={incident.state} />
      </span>
      <span className="num text-muted md:text-right">
        <span className="md:hidden">{who ? `${who} · ` : ""}opened </span>
        <Ago at={incident.opened_at} />
      </span>
    </li>
  );
}
