import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { TimeRange } from "@/client/time-range";
import type { FleetRow } from "@/client/types";
import type { RunsSearch } from "@/routes/search";
import { AgentOwner } from "@/features/watch/fleet/agent-owner";
import type { Ownership } from "@/features/watch/fleet/standing-of";
import { count, duration, money } from "@/ui/format";
import { Rate } from "@/ui/rate";
import { Sparkline } from "@/ui/sparkline";
import { Ago } from "@/ui/time";
import { agentFilter, COST_KNOWN, FAILED, JUDGED, runsOf, TOOL_FAILED } from "../links";
import { AgentLink } from "./agent-link";
import { rateOf } from "./fleet-summary";

/** The fleet on a phone: the same figures, one card an agent. */
export function FleetCards({ rows, range, ownership }: { rows: readonly FleetRow[]; range: TimeRange; ownership: Ownership | undefined }) {
  return (
    <ul className="flex flex-col gap-2.5">
      {rows.map((row) => {
        const agent = agentFilter(row.agent);
        return (
          <li key={row.agent ?? ""} className="rounded-xl [contain-intrinsic-size:auto_16rem] [content-visibility:auto] border border-line bg-surface p-3.5 shadow-card">
            <div className="flex items-center justify-between gap-3">
              <AgentLink row={row} range={range} className="min-w-0 truncate leading-6 font-medium">
                {row.agent ?? <span className="text-muted">unnamed</span>}
              </AgentLink>
              <Ago at={row.last_seen} className="shrink-0 text-xs text-muted" />
            </div>
            {row.agent && ownership ? <AgentOwner agent={row.agent} state={ownership.get(row.agent)} /> : null}
            <div className="mt-2">
              <Sparkline
                values={row.spark.map((point) => point.runs)}
                bad={row.spark.map((point) => point.errors)}
                label={`${row.runs} runs, ${row.error_rate.count} with an error`}
                height={24}
                fill
              />
            </div>
            <dl className="mt-2.5 grid grid-cols-2 gap-x-4 gap-y-2">
              <Fact label="Runs" search={runsOf(range, agent)}>
                {count(row.runs)}
              </Fact>
              <Fact label="Error rate" search={runsOf(range, agent, FAILED)}>
                <Rate {...rateOf(row.error_rate)} ofWhat="runs" bad />
              </Fact>
              <Fact label="Success rate" search={runsOf(range, agent, JUDGED)}>
                <Rate {...rateOf(row.success_rate)} ofWhat="judged runs" />
              </Fact>
              <Fact label="With outcome" search={runsOf(range, agent, JUDGED)}>
                {count(row.success_rate.n)} of {count(row.runs)}
              </Fact>
              <Fact label="Tool failures" search={runsOf(range, agent, TOOL_FAILED)}>
                <Rate {...rateOf(row.failed_tool_rate)} ofWhat="tool calls" bad />
              </Fact>
              <Fact label={row.cost_usd != null && row.cost_known < row.runs ? `Cost of ${count(row.cost_known)} runs` : "Cost"} search={runsOf(range, agent, COST_KNOWN)}>
                {money(row.cost_usd)}
              </Fact>
              <Fact label="Duration p50 · p95" search={runsOf(range, agent)}>
                {duration(row.duration_p50_ms)} · {duration(row.duration_p95_ms)}
              </Fact>
            </dl>
          </li>
        );
      })}
    </ul>
  );
}

function Fact({ label, search, children }: { label: string; search: RunsSearch; children: ReactNode }) {
  return (
    <div>
      <dt className="text-2xs text-muted">{label}</dt>
      <dd className="num">
        <Link to="/runs" search={search} className="rounded">
          {children}
        </Link>
      </dd>
    </div>
  );
}
