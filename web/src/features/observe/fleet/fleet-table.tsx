import { Link } from "@tanstack/react-router";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useRef, type ReactNode, type RefObject } from "react";
import type { TimeRange } from "@/client/time-range";
import type { FleetRow } from "@/client/types";
import type { FleetSort } from "@/routes/search";
import { AgentOwner } from "@/features/watch/fleet/agent-owner";
import type { Ownership } from "@/features/watch/fleet/standing-of";
import { cx } from "@/ui/classes";
import { count, duration, money, UNKNOWN } from "@/ui/format";
import { Rate } from "@/ui/rate";
import { Sparkline } from "@/ui/sparkline";
import { Ago } from "@/ui/time";
import { useWindowed } from "@/ui/windowed";
import { agentFilter, COST_KNOWN, FAILED, JUDGED, runsOf, TOOL_FAILED } from "../links";
import { AgentLink, Known } from "./agent-link";
import { rateOf } from "./fleet-summary";

interface FleetTableProps {
  rows: readonly FleetRow[];
  range: TimeRange;
  sort: FleetSort;
  dir: "asc" | "desc";
  onSort: (sort: FleetSort) => void;
  /** What scrolls: the whole page does. */
  scroller: RefObject<HTMLElement | null>;
  ownership: Ownership | undefined;
}

const COLUMNS: readonly { id: FleetSort; label: string; right?: boolean; title?: string }[] = [
  { id: "agent", label: "Agent" },
  { id: "runs", label: "Runs", right: true },
  { id: "errors", label: "Error rate", right: true, title: "Runs that ended with a technical error" },
  { id: "outcome", label: "Success rate", right: true, title: "Of the runs whose outcome was said" },
  { id: "known", label: "With outcome", right: true, title: "Runs of which somebody said whether they succeeded" },
  { id: "tools", label: "Tool failures", right: true, title: "Failed tool calls of all tool calls, hidden failures included" },
  { id: "cost", label: "Cost", right: true },
  { id: "p50", label: "Duration p50", right: true, title: "Half of the runs took at most this long" },
  { id: "p95", label: "p95", right: true, title: "95 % of the runs took at most this long" },
  { id: "seen", label: "Last seen", right: true },
];

const ROW = 48;
/** Fewer rows than this are all drawn: the browser's own search finds them. */
const MANY = 80;

export function FleetTable({ rows, range, sort, dir, onSort, scroller, ownership }: FleetTableProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [from, to] = useWindowed(scroller, body, { row: ROW, count: rows.length, enabled: rows.length > MANY });
  return (
    <div className="overflow-x-auto rounded-xl border border-line bg-surface shadow-card">
      <table className="w-full border-collapse text-left" aria-rowcount={rows.length + 1}>
        <caption className="sr-only">Agents seen in traffic</caption>
        <thead>
          <tr className="border-b border-line text-xs text-muted">
            {COLUMNS.map((column) => (
              <Head key={column.id} {...column} active={column.id === sort} dir={dir} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          <Space rows={from} />
          {rows.slice(from, to).map((row, index) => (
            <Row key={row.agent ?? ""} row={row} range={range} place={from + index + 2} ownership={ownership} />
          ))}
          <Space rows={rows.length - to} />
        </tbody>
      </table>
    </div>
  );
}

/** As high as the rows that are not drawn. */
function Space({ rows }: { rows: number }) {
  return rows > 0 ? (
    <tr aria-hidden>
      <td colSpan={COLUMNS.length} style={{ height: rows * ROW }} />
    </tr>
  ) : null;
}

interface HeadProps {
  id: FleetSort;
  label: string;
  right?: boolean;
  title?: string;
  active: boolean;
  dir: "asc" | "desc";
  onSort: (sort: FleetSort) => void;
}

function Head({ id, label, right, title, active, dir, onSort }: HeadProps) {
  const Arrow = dir === "asc" ? ArrowUp : ArrowDown;
  return (
    <th scope="col" title={title} aria-sort={active ? (dir === "asc" ? "ascending" : "descending") : undefined} className={cx("h-9 px-3 font-normal whitespace-nowrap first:pl-4 last:pr-4", right && "text-right")}>
      <button type="button" className={cx("inline-flex items-center gap-1 rounded hover:text-text", active && "font-medium text-text")} onClick={() => onSort(id)}>
        {label}
        {active ? <Arrow className="size-3" aria-hidden /> : null}
      </button>
    </th>
  );
}

function Row({ row, range, place, ownership }: { row: FleetRow; range: TimeRange; place: number; ownership: Ownership | undefined }) {
  const agent = agentFilter(row.agent);
  const cell = (filters: (string | undefined)[], children: ReactNode, title?: string) => (
    <td className="min-w-20 px-3 text-right whitespace-nowrap">
      <Link to="/runs" search={runsOf(range, agent, ...filters)} title={title} className="num rounded hover:link">
        {children}
      </Link>
    </td>
  );
  const partly = row.cost_usd != null && row.cost_known < row.runs;
  return (
    <tr aria-rowindex={place} className="h-12 border-b border-line transition-colors last:border-0 hover:bg-hover">
      <td className="w-full max-w-0 min-w-60 pr-3 pl-4">
        <span className="flex min-w-56 items-center gap-3">
          <AgentLink row={row} range={range} className="shrink-0 rounded">
            <Sparkline
              values={row.spark.map((point) => point.runs)}
              bad={row.spark.map((point) => point.errors)}
              label={`${row.agent ?? "Unnamed"}: ${row.runs} runs over this time, ${row.error_rate.count} with an error`}
            />
          </AgentLink>
          <span className="min-w-0">
            <AgentLink row={row} range={range} className="block truncate rounded leading-6 font-medium hover:text-accent">
              {row.agent ?? <span className="font-normal text-muted" title="These runs named no agent">unnamed</span>}
            </AgentLink>
            {row.agent && ownership ? <AgentOwner agent={row.agent} state={ownership.get(row.agent)} /> : null}
          </span>
        </span>
      </td>
      {cell([], count(row.runs))}
      {cell([FAILED], <Rate {...rateOf(row.error_rate)} ofWhat="runs" bad stacked />)}
      {cell([JUDGED], <Rate {...rateOf(row.success_rate)} ofWhat="judged runs" stacked />)}
      {cell([JUDGED], <Known row={row} />)}
      {cell([TOOL_FAILED], <Rate {...rateOf(row.failed_tool_rate)} ofWhat="tool calls" bad stacked />)}
      {cell(
        [COST_KNOWN],
        <span className="inline-flex flex-col items-end leading-4">
          {row.cost_usd == null ? <span className="text-faint">{UNKNOWN}</span> : money(row.cost_usd)}
          {partly ? <span className="text-2xs text-faint">of {count(row.cost_known)} runs</span> : null}
        </span>,
        row.cost_usd == null ? "Unknown: no run said its cost" : partly ? `Known for ${row.cost_known} of ${row.runs} runs` : undefined,
      )}
      {cell([], duration(row.duration_p50_ms))}
      {cell([], duration(row.duration_p95_ms))}
      <td className="pr-4 pl-3 text-right whitespace-nowrap text-muted">
        <Link to="/runs" search={runsOf(range, agent)} className="rounded hover:link">
          <Ago at={row.last_seen} />
        </Link>
      </td>
    </tr>
  );
}
