import type { TimeRange } from "@/client/time-range";
import { filterText } from "@/features/observe/filters";
import { JUDGED, runsOf } from "@/features/observe/links";
import type { RunsSearch } from "@/routes/search";
import { count, duration, lengthOfTime, money, percent, plural } from "@/ui/format";
import type { Monitor, Phase, Seen } from "./types";

/** What a monitor is, in words; and which runs its figures count. */

export type State = Phase | "silent";

export const STATES: readonly State[] = ["alarmed", "silent", "armed", "learning", "paused"];

/** The volume monitor's alarm has a word of its own: nothing comes, or far too much. */
export const stateOf = (monitor: Pick<Monitor, "phase" | "signal">): State => (monitor.phase === "alarmed" && monitor.signal === "volume" ? "silent" : monitor.phase);

const SIGNALS: Record<string, readonly string[]> = {
  completion: [JUDGED],
  quality: [filterText("p_failure", "exists")],
  tool_failures: [filterText("tool_calls", "gt", 0)],
  cost: [filterText("cost_usd", "exists")],
};
const BAD: Record<string, readonly string[]> = {
  completion: [filterText("outcome", "eq", "failure")],
  tool_failures: [filterText("failed_tool_calls", "gt", 0)],
  errors: [filterText("status", "eq", "error")],
};

const named = (signal: string, prefix: string) => (signal.startsWith(prefix) ? signal.slice(prefix.length) : undefined);

/** The runs that a figure of the monitor counts in its n; of a narrower kind where `bad`. */
export function runsOfMonitor(monitor: Pick<Monitor, "agent" | "signal">, range: TimeRange, bad = false): RunsSearch {
  const score = named(monitor.signal, "score:");
  const filters = (bad ? BAD[monitor.signal] : undefined) ?? (score ? [filterText(`scores.${score}`, "exists")] : (SIGNALS[monitor.signal] ?? []));
  return runsOf(range, monitor.agent ? filterText("agent", "eq", monitor.agent) : filterText("agent", "missing"), ...filters);
}

/** Shares as people say them: of what is well where the signal is said so, else of what is bad. */
export const shown = (monitor: Pick<Monitor, "shown_as">, share: number) => (monitor.shown_as === "good" ? 1 - share : share);

export function shownSeen(monitor: Pick<Monitor, "shown_as">, seen: Seen): Seen {
  if (monitor.shown_as === "bad" || seen.mean === null) return seen;
  return { n: seen.n, mean: 1 - seen.mean, low: seen.high === null ? null : 1 - seen.high, high: seen.low === null ? null : 1 - seen.low };
}

/** "3.6 s", "$0.014", "1,240 tokens": the limit of a quantity, in its own unit. */
export function quantity(value: number, unit: string | null): string {
  if (unit === "s" || unit === "seconds") return duration(value * 1000);
  if (unit === "USD") return money(value);
  return `${count(value)}${unit ? ` ${unit}` : ""}`;
}

/** "20 years", "83 days". */
export function years(value: number): string {
  if (value >= 1) return `${value < 10 ? value.toFixed(1).replace(/\.0$/, "") : Math.round(value)} year${value === 1 ? "" : "s"}`;
  const days = value * 365.25;
  return days >= 60 ? `${Math.round(days / 30.44)} months` : plural(Math.max(1, Math.round(days)), "day");
}

/** "3.7 h", "2 days": how long until something is noticed. */
export function hours(value: number): string {
  if (value < 1) return `${Math.max(1, Math.round(value * 60))} min`;
  if (value < 36) return `${value < 10 ? value.toFixed(1).replace(/\.0$/, "") : Math.round(value)} h`;
  const days = value / 24;
  return `${days < 10 ? days.toFixed(1).replace(/\.0$/, "") : count(days)} days`;
}

/** What a list calls it: what it watches, and its own name where people made it. */
export const titleOf = (monitor: Pick<Monitor, "automatic" | "name" | "signal_title">): string => (monitor.automatic ? monitor.signal_title : monitor.name);

/** What is missing until it is armed: "267 more judged runs needed (213 of 480)". */
export function learningWords({ learning }: Pick<Monitor, "learning">): string {
  if (!learning) return "learning what is usual";
  const missing = [
    learning.more_results > 0 ? `${plural(learning.more_results, "more judged run")} needed` : "",
    learning.hours < learning.hours_needed ? `${hours(learning.hours_needed - learning.hours)} more of time` : "",
  ].filter(Boolean);
  return `${missing.join(", ") || "enough is known"} (${count(learning.results)} of ${count(learning.results_needed)})`;
}

/** When it will be armed at the volume of now, in hours; null where that cannot be told. */
export function armedIn({ learning, per_day }: Pick<Monitor, "learning" | "per_day">): number | null {
  if (!learning) return null;
  const results = learning.more_results === 0 ? 0 : per_day > 0 ? (learning.more_results / per_day) * 24 : Infinity;
  const longest = Math.max(results, learning.hours_needed - learning.hours, 0);
  return Number.isFinite(longest) ? longest : null;
}

/** "A fall to 79 % would be noticed in about 3.7 h", for the change that is the first to be noticed within a month. */
export function noticedWords(monitor: Pick<Monitor, "noticed" | "shown_as">, index?: number): string {
  const within = monitor.noticed.filter((each) => each.hours !== null && each.hours < 24 * 30);
  const chosen = index === undefined ? (within.find((each) => (each.hours ?? Infinity) <= 24 * 7) ?? within[0]) : monitor.noticed[index];
  if (chosen?.hours == null) return "";
  return `${monitor.shown_as === "good" ? "a fall" : "a rise"} to ${percent(shown(monitor, chosen.rate))} would be noticed in about ${hours(chosen.hours)}`;
}

/** Evidence over threshold: "38 %", "<1 %"; never 100 % where it is not reached. */
export function shareWords(share: number): string {
  if (share > 0 && share < 0.01) return "<1 %";
  if (share > 0.99 && share < 1) return "99 %";
  return `${Math.round(share * 100)} %`;
}

/** What it promises: "at most 4 % a year". */
export const promiseWords = (monitor: Pick<Monitor, "yearly_false_alarms" | "signal">): string =>
  monitor.signal === "volume" ? "none is made" : `at most ${percent(monitor.yearly_false_alarms)} a year`;

/** By what wants a person: alarms, silence, then evidence, then what learns, then what is paused. */
export function byEvidence(one: Monitor, other: Monitor): number {
  const rank = (monitor: Monitor) => STATES.indexOf(stateOf(monitor));
  return rank(one) - rank(other) || other.evidence - one.evidence || one.agent.localeCompare(other.agent) || one.name.localeCompare(other.name);
}

export const perDayWords = (perDay: number): string => (perDay >= 48 ? `${count(perDay / 24)} an hour` : perDay >= 1 ? `${count(perDay)} a day` : "less than one a day");

export const widthWords = (seconds: number): string => `per ${lengthOfTime(seconds)}`;
