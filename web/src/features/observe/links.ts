import type { TimeRange } from "@/client/time-range";
import type { RunsSearch } from "@/routes/search";
import { filterText } from "./filters";

/** Links from a number to the runs it counts. */

export function agentFilter(agent: string | null): string {
  return agent === null ? filterText("agent", "missing") : filterText("agent", "eq", agent);
}

export function runsOf(range: TimeRange, ...filters: (string | undefined)[]): RunsSearch {
  const filter = filters.filter((each) => each !== undefined);
  return { from: range.from, to: range.to, filter: filter.length ? filter : undefined };
}

export const FAILED = filterText("status", "eq", "error");
export const SUCCEEDED = filterText("outcome", "eq", "success");
export const JUDGED = filterText("outcome", "in", "success,failure");
export const TOOL_FAILED = filterText("failed_tool_calls", "gt", 0);
export const COST_KNOWN = filterText("cost_usd", "exists");
