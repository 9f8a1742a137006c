import { useMutation, type UseQueryResult } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Split } from "lucide-react";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { plural } from "@/ui/format";
import { Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { notify } from "@/ui/toast";
import { Box } from "./box";
import { useIncidentChanged } from "./change";
import { SeverityMark } from "./look";
import type { Alarm, Incident } from "./types";

/** The alarms it is made of; those that have another cause are split off. */
export function Alarms({ project, incident, alarms }: { project: string; incident: Incident; alarms: UseQueryResult<{ items: Alarm[] }> }) {
  const navigate = useNavigate();
  const changed = useIncidentChanged(project);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const split = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/incidents/{incident_id}/split", { params: { path: { incident_id: incident.id }, query: { project } }, body: { alarm_ids: [...chosen] } })),
    onSuccess: async (made) => {
      await changed();
      notify(`Split off as incident ${made.number}`);
      await navigate({ to: "/incidents/$incidentId", params: { incidentId: made.id } });
    },
  });
  const items = alarms.data?.items ?? [];
  const some = chosen.length > 0 && chosen.length < items.length;
  return (
    <Box
      title="Alarms"
      aside={
        chosen.length ? (
          <Button disabled={!some || split.isPending} title={some ? undefined : "One alarm at least stays"} onClick={() => split.mutate()}>
            <Split className="size-3.5 text-muted" aria-hidden /> Split off {chosen.length}
          </Button>
        ) : null
      }
    >
      {split.error ? <div className="px-4 py-2"><FailedLine error={split.error} /></div> : null}
      {alarms.isError ? (
        <Failed what="Its alarms" error={alarms.error} retry={() => void alarms.refetch()} />
      ) : alarms.isPending ? (
        <SkeletonRows rows={2} height={48} />
      ) : items.length === 0 ? (
        <p className="px-4 py-3 text-xs text-muted">No alarm: {incident.source === "person" ? "a person opened it" : "it was opened by hand or by another system"}.</p>
      ) : (
        <ul className="divide-y divide-line">
          {items.map((alarm) => (
            <li key={alarm.id} className="flex items-start gap-3 px-4 py-2 text-xs">
              {items.length > 1 ? (
                <input
                  type="checkbox"
                  aria-label={`Choose alarm ${alarm.title} for splitting off`}
                  className="mt-1 accent-(--accent)"
                  checked={chosen.includes(alarm.id)}
                  onChange={() => setChosen((old) => (old.includes(alarm.id) ? old.filter((each) => each !== alarm.id) : [...old, alarm.id]))}
                />
              ) : null}
              <span className="min-w-0 flex-1">
                <span className="flex flex-wrap items-center gap-x-2">
                  <SeverityMark severity={alarm.severity} words={false} />
                  <span className="font-medium [overflow-wrap:anywhere]">{alarm.title}</span>
                  {alarm.cleared_at ? <Badge tone="ok">cleared</Badge> : null}
                  {alarm.silenced_by.length ? <Badge tone="warn">silenced</Badge> : null}
                </span>
                {alarm.reason ? <span className="mt-0.5 block whitespace-pre-wrap text-muted">{alarm.reason}</span> : null}
                <span className="num mt-0.5 flex flex-wrap gap-x-3 text-2xs text-muted">
                  <span>{alarm.kind.replaceAll("_", " ")}: {alarm.source_name}</span>
                  <Ago at={alarm.at} />
                  {alarm.run_ids.length ? (
                    <Link to="/runs/$runId" params={{ runId: alarm.run_ids[0] ?? "" }} className="link">
                      a run that shows it{alarm.run_ids.length > 1 ? ` (of ${plural(alarm.run_ids.length, "run")})` : ""}
                    </Link>
                  ) : null}
                  {Object.entries(alarm.facts).slice(0, 6).map(([name, value]) => (
                    <span key={name}>
                      {name} {value}
                    </span>
                  ))}
                </span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Box>
  );
}
