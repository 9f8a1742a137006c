import { Link } from "@tanstack/react-router";
import { BellOff, BookOpen, Merge } from "lucide-react";
import { FailedLine } from "@/ui/states";
import { Ago, Instant } from "@/ui/time";
import { unheeded, worst } from "./order";
import type { Alarm, Incident } from "./types";

/** What is wrong in one line, since when, and the words of the alarm that said so. */
export function Summary({ incident, alarms }: { incident: Incident; alarms: readonly Alarm[] }) {
  // Alarms come newest first; of the worst that stands, the first said it.
  const loudest = worst(alarms.filter((each) => each.cleared_at === null)) ?? worst(alarms);
  return (
    <section aria-label="What is wrong" className="rounded-xl border border-line bg-surface p-4 shadow-card">
      <p className="text-lg leading-6 font-semibold tracking-[-0.01em] [overflow-wrap:anywhere]">{incident.title}</p>
      <dl className="num mt-2 grid gap-x-6 gap-y-1 text-xs sm:grid-cols-[auto_auto_1fr]">
        <Fact label="Probably since">
          {incident.began_at ? (
            <>
              <Ago at={incident.began_at} className="font-medium" /> <span className="text-muted"><Instant at={incident.began_at} /></span>
            </>
          ) : (
            "unknown"
          )}
        </Fact>
        <Fact label="Opened">
          <Ago at={incident.opened_at} className="font-medium" /> <span className="text-muted">by {incident.source}</span>
        </Fact>
        <Fact label="Agents">
          {incident.agents.length
            ? incident.agents.map((agent) => (
                <Link key={agent} to="/agents/$agent" params={{ agent }} className="mr-2 inline-block py-0.5 link">
                  {agent}
                </Link>
              ))
            : "none named"}
        </Fact>
      </dl>
      {loudest?.reason ? <p className="mt-2 text-sm whitespace-pre-wrap text-muted">{loudest.reason}</p> : null}
      {incident.why_joined && incident.alarms > 1 ? <p className="mt-2 text-xs text-muted">{incident.alarms} alarms are one incident: {incident.why_joined}</p> : null}
      {incident.merged_into ? (
        <p className="mt-2 flex items-center gap-1.5 text-xs text-warn">
          <Merge className="size-3.5" aria-hidden /> Merged into{" "}
          <Link to="/incidents/$incidentId" params={{ incidentId: incident.merged_into }} className="link">
            another incident
          </Link>
          , which goes on.
        </p>
      ) : null}
      {incident.silenced_until ? (
        <p className="mt-2 flex items-center gap-1.5 text-xs text-warn">
          <BellOff className="size-3.5" aria-hidden /> Nobody is told before <Instant at={incident.silenced_until} />: a{" "}
          <Link to="/settings/$section" params={{ section: "silences" }} className="link">
            silence
          </Link>{" "}
          covers it.
        </p>
      ) : null}
      {incident.escalation.unheard && unheeded(incident) ? (
        <div className="mt-2">
          <FailedLine error={new Error("Nobody could be told: no level, owner or default channel has a way to be reached.")} />
        </div>
      ) : null}
      {incident.runbook ? (
        <a href={incident.runbook} target="_blank" rel="noreferrer noopener" className="mt-3 inline-flex min-h-8 items-center gap-1.5 text-sm link">
          <BookOpen className="size-4" aria-hidden /> Runbook: what to do
        </a>
      ) : (
        <p className="mt-3 text-xs text-muted">
          No runbook is known.{" "}
          <Link to="/on-call" search={{ tab: "agents", ...(incident.agents[0] ? { open: incident.agents[0] } : {}) }} className="link">
            Give the agent one
          </Link>
        </p>
      )}
    </section>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <dt className="text-2xs text-muted">{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
