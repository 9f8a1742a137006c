import { useState } from "react";
import type { FleetRow } from "@/client/types";
import type { FleetSort } from "@/routes/search";

const VALUES: Record<FleetSort, (row: FleetRow) => number | string | null> = {
  agent: (row) => row.agent ?? "",
  runs: (row) => row.runs,
  errors: (row) => row.error_rate.value,
  outcome: (row) => row.success_rate.value,
  known: (row) => (row.runs ? row.success_rate.n / row.runs : null),
  tools: (row) => row.failed_tool_rate.value,
  cost: (row) => row.cost_usd,
  p50: (row) => row.duration_p50_ms,
  p95: (row) => row.duration_p95_ms,
  seen: (row) => row.last_seen,
};

/** Rows in order of one column; the unknown come last whichever way it is turned. */
export function sortFleet(rows: readonly FleetRow[], sort: FleetSort, dir: "asc" | "desc"): FleetRow[] {
  const value = VALUES[sort];
  const sign = dir === "asc" ? 1 : -1;
  return [...rows].sort((a, b) => {
    const left = value(a);
    const right = value(b);
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
    return left < right ? -sign : left > right ? sign : 0;
  });
}

/**
 * Rows in order, where the order is kept while only figures change: a row that somebody reads does not jump
 * because another agent got busier. It is sorted anew when the column, its direction or the `view` changes;
 * agents that appear meanwhile go to the end.
 */
export function useSteadyOrder(rows: readonly FleetRow[], sort: FleetSort, dir: "asc" | "desc", view: string): FleetRow[] {
  const key = `${view} ${sort} ${dir}`;
  const [kept, setKept] = useState<{ key: string; order: readonly string[] }>({ key: "", order: [] });
  const sorted = sortFleet(rows, sort, dir);
  const ordered = kept.key === key ? keepOrder(sorted, kept.order) : sorted;
  const order = ordered.map((row) => row.agent ?? "");
  // Without rows there is no order to keep: the page is still reading.
  if (rows.length > 0 && (kept.key !== key || order.join() !== kept.order.join())) setKept({ key, order });
  return ordered;
}

export function keepOrder(rows: readonly FleetRow[], order: readonly string[]): FleetRow[] {
  const place = new Map(order.map((agent, index) => [agent, index]));
  const at = (row: FleetRow) => place.get(row.agent ?? "") ?? order.length;
  return [...rows].sort((a, b) => at(a) - at(b));
}
