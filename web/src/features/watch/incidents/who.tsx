import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { BellRing, CircleCheck, CircleX, Clock, UserX } from "lucide-react";
import { onCallQuery } from "@/features/registry/queries";
import { Button } from "@/ui/button";
import { cx } from "@/ui/classes";
import { FailedLine } from "@/ui/states";
import { Ago } from "@/ui/time";
import { Box } from "./box";
import { useEdit } from "./change";
import { deliveriesQuery } from "./queries";
import type { Delivery, Incident } from "./types";

const MOST_AGENTS = 3;

/** Who has it, who is on call, who was told and whether that arrived, and who is next. */
export function Who({ project, incident }: { project: string; incident: Incident }) {
  const agents = incident.agents.slice(0, MOST_AGENTS);
  const onCall = useQueries({ queries: agents.map((agent) => onCallQuery(project, agent)) });
  const deliveries = useQuery(deliveriesQuery(project, { incident: incident.id }));
  const edit = useEdit(project);
  const standing = incident.state !== "resolved";
  return (
    <Box title="Who">
      <dl className="divide-y divide-line text-xs">
        <Line label="Looks after it">
          {incident.assignee ?? incident.acknowledged_by ?? <span className={standing ? "font-medium text-bad" : undefined}>nobody{standing ? " yet" : ""}</span>}
          {incident.assignee ? (
            <Button look="ghost" onClick={() => edit.mutate({ id: incident.id, change: { assignee: "" } })}>
              Unassign
            </Button>
          ) : null}
        </Line>
        {agents.map((agent, index) => {
          const read = onCall[index];
          const first = read?.data?.levels[0];
          return (
            <Line key={agent} label={`On call for ${agent}`}>
              {read?.isError ? (
                <FailedLine error={read.error} />
              ) : !read?.data ? (
                <span className="skeleton h-3 w-24" role="status" aria-label="Loading" />
              ) : first ? (
                <span>
                  {first.responders.map((each) => each.person ?? "a channel").join(", ")}
                  <span className="block text-2xs text-muted">{[first.responders[0]?.why, read.data.owner ? `owner ${read.data.owner}` : "", read.data.team ? `team ${read.data.team}` : ""].filter(Boolean).join(" · ")}</span>
                </span>
              ) : (
                <span className="flex items-start gap-1 text-bad">
                  <UserX className="mt-0.5 size-3.5 shrink-0" aria-hidden />
                  <span>
                    nobody{read.data.gap ? `: ${read.data.gap}` : ""}{" "}
                    <Link to="/on-call" search={{ tab: "agents", open: agent }} className="link">
                      mend it
                    </Link>
                  </span>
                </span>
              )}
            </Line>
          );
        })}
        {incident.agents.length > MOST_AGENTS ? (
          <Line label="And">
            <Link to="/on-call" search={{ tab: "agents" }} className="link">
              {incident.agents.length - MOST_AGENTS} more agents
            </Link>
          </Line>
        ) : null}
        {incident.escalation.next_at && standing ? (
          <Line label="Next level">
            <span>
              told <Ago at={incident.escalation.next_at} className="font-medium" />, unless somebody acknowledges
            </span>
          </Line>
        ) : null}
      </dl>
      <h3 className="border-t border-line px-4 pt-2 text-2xs font-medium text-muted">Who was told</h3>
      {deliveries.isError ? (
        <div className="px-4 py-2">
          <FailedLine error={deliveries.error} />
        </div>
      ) : (
        <ul aria-label="Who was told" className="px-4 pt-1 pb-3 text-xs">
          {(deliveries.data?.items ?? []).slice(0, 12).map((each) => (
            <Told key={each.id} delivery={each} />
          ))}
          {deliveries.data?.items.length === 0 ? (
            <li className="text-muted">
              Nobody yet.{" "}
              <Link to="/settings/$section" params={{ section: "channels" }} className="link">
                Notification channels
              </Link>
            </li>
          ) : null}
        </ul>
      )}
    </Box>
  );
}

const STATES: Record<Delivery["state"], readonly [typeof Clock, string, string]> = {
  pending: [Clock, "text-warn", "on its way"],
  delivered: [CircleCheck, "text-ok", "arrived"],
  failed: [CircleX, "text-bad", "did not arrive"],
  folded: [BellRing, "text-muted", "in a digest"],
  overtaken: [Clock, "text-muted", "over before it was said"],
};

export function Told({ delivery }: { delivery: Delivery }) {
  const [Icon, tone, words] = STATES[delivery.state];
  const last = delivery.attempts.at(-1);
  return (
    <li className="flex items-start gap-2 py-1">
      <Icon className={cx("mt-0.5 size-3.5 shrink-0", tone)} aria-hidden />
      <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">
        <span className="font-medium">{delivery.whom ?? delivery.channel}</span> <span className="text-muted">{delivery.happening}, by {delivery.channel}: {words}</span>
        {last && !last.ok ? <span className="block text-2xs text-bad">{last.said}{delivery.due_at ? <> · it is tried again</> : null}</span> : null}
      </span>
      <Ago at={last?.at ?? delivery.created_at} className="num shrink-0 text-2xs text-muted" />
    </li>
  );
}

function Line({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="grid grid-cols-[8.5rem_minmax(0,1fr)] gap-2 px-4 py-2">
      <dt className="text-muted [overflow-wrap:anywhere]">{label}</dt>
      <dd className="flex items-start justify-between gap-2">{children}</dd>
    </div>
  );
}
