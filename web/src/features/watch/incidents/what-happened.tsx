import { Link } from "@tanstack/react-router";
import { History } from "lucide-react";
import type { ReactNode } from "react";
import { filterText } from "@/features/observe/filters";
import { count, percent, UNKNOWN } from "@/ui/format";
import { Instant } from "@/ui/time";
import { Box } from "./box";
import type { Entry, Incident } from "./types";

/** What changed shortly before: release, prompt, model, upstream, inputs. The first place to look. */
export function ChangedBefore({ timeline, incident }: { timeline: readonly Entry[] | undefined; incident: Incident }) {
  const changes = (timeline ?? []).filter((entry) => entry.kind === "changed_before").reverse();
  return (
    <Box title="What changed just before">
      {changes.length ? (
        <ul className="divide-y divide-line">
          {changes.map((entry) => (
            <li key={entry.id} className="flex items-start gap-2.5 px-4 py-2 text-sm">
              <History className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden />
              <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">
                {entry.text}
                <span className="num block text-2xs text-muted">
                  <Instant at={entry.at} />
                  <ReleaseLink facts={entry.facts} />
                </span>
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <p className="px-4 py-3 text-xs text-muted">
          {timeline === undefined ? "Loading …" : incident.agents.length === 0 ? "It names no agent, so nothing could be looked up." : "Nothing is known to have changed: no new release, prompt, model version, error or input mix in its agents’ traffic."}
        </p>
      )}
    </Box>
  );
}

function ReleaseLink({ facts }: { facts: Record<string, string> }) {
  const what = facts.kind === "release" ? facts.what : undefined;
  if (!what) return null;
  return (
    <Link to="/runs" search={{ filter: [filterText("release", "eq", what)] }} className="ml-2 link">
      its runs
    </Link>
  );
}

/** Whom it hurt, counted from when it probably began. */
export function ImpactBox({ incident }: { incident: Incident }) {
  const { impact } = incident;
  const search = (...more: string[]) => ({
    ...(impact ? { from: impact.from, ...(incident.state === "resolved" ? { to: impact.to } : {}) } : {}),
    filter: [...(incident.agents.length ? [filterText("agent", "in", incident.agents.join(","))] : []), ...more],
  });
  return (
    <Box title="Impact">
      {impact ? (
        <dl className="grid grid-cols-3 gap-px bg-line text-xs">
          <Figure label="Failed runs">
            <Link to="/runs" search={search(filterText("outcome", "eq", "failure"))} className="hover:link">
              {count(impact.failed)}
            </Link>
            <span className="block text-2xs font-normal text-muted">{impact.runs ? `${percent(impact.failed / impact.runs)} of n ${count(impact.runs)}` : "of no runs"}</span>
          </Figure>
          <Figure label="Runs since">
            <Link to="/runs" search={search()} className="hover:link">
              {count(impact.runs)}
            </Link>
          </Figure>
          <Figure label="Users">
            {impact.users === null ? (
              <span title="Runs name no user">{UNKNOWN}</span>
            ) : (
              <Link to="/runs" search={{ ...search(filterText("outcome", "eq", "failure")), col: ["run", "user_id", "agent", "outcome", "started_at"] }} className="hover:link">
                {count(impact.users)}
              </Link>
            )}
            <span className="block text-2xs font-normal text-muted">{impact.users === null ? "runs name none" : "with a failed run"}</span>
          </Figure>
        </dl>
      ) : (
        <p className="px-4 py-3 text-xs text-muted">Unknown: it names no agent whose runs could be counted.</p>
      )}
    </Box>
  );
}

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="bg-surface px-4 py-2.5">
      <dt className="text-2xs text-muted">{label}</dt>
      <dd className="num text-base font-semibold">{children}</dd>
    </div>
  );
}
