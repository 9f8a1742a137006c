import { duration, lengthOfTime, money, percent } from "@/ui/format";
import type { Budget, BurnRate, Correction, IndicatorKind, Objective } from "./types";

/** What an objective counts and how its budget stands, in words. */

export const KINDS: Record<IndicatorKind, readonly [string, string]> = {
  completion: ["Completion", "Runs said to have succeeded, of those whose outcome was said"],
  judged_success: ["Judged success", "Outcomes, and 1 − p(failure) where nobody said one"],
  error_free: ["Error-free", "Runs that ended without a technical error"],
  latency: ["Latency", "Runs that ended within the limit"],
  cost: ["Cost", "Runs that cost at most the limit"],
  tool_success: ["Tool success", "Tool executions that did not fail, hidden failures included"],
  score: ["Score", "Runs whose score reaches the limit"],
};

/** "completion ≥ 95 % over 28 days", "latency ≤ 3.2 s for 99 %, each month". */
export function aimWords({ indicator, target, window }: Pick<Objective, "indicator" | "target" | "window">): string {
  const { kind, threshold } = indicator;
  const limit = threshold == null ? "" : kind === "latency" ? ` within ${duration(threshold)}` : kind === "cost" ? ` within ${money(threshold)}` : ` at least ${threshold}`;
  const what = kind === "score" && indicator.score ? `${indicator.score}${limit}` : `${KINDS[kind][0].toLowerCase()}${limit}`;
  return `${what} for ${percent(target)}, ${windowWords(window)}`;
}

export function windowWords(window: Objective["window"]): string {
  if (window.days) return `over ${window.days} day${window.days === 1 ? "" : "s"}`;
  return window.count === 1 ? `each ${window.unit}` : `every ${window.count} ${window.unit}s`;
}

/** What is left of the budget: "62 % left", "used up", "overdrawn by 140 %". */
export function leftWords(left: number): string {
  const share = Math.round(Math.abs(left) * 100);
  if (left < -0.005) return `overdrawn by ${share.toLocaleString("en-US")} %`;
  if (left <= 0.005) return "used up";
  return `${left > 0.995 && left < 1 ? 99 : share} % left`;
}

/** When the budget is used up if it burns on as it does. */
export function exhaustionWords({ exhausted_in_seconds: left }: Pick<Budget, "exhausted_in_seconds">): string {
  if (left === null) return "not before the period ends";
  if (left === 0) return "now";
  return `in ${duration(left * 1000)}`;
}

/** "14.4×"; the budget's fair pace is 1×. */
export const rateWords = (rate: number): string => `${rate >= 100 ? Math.round(rate) : rate.toFixed(1).replace(/\.0$/, "")}×`;

/** How far the share that was achieved is corrected for the judge's error; undefined where no model's word counts. */
export function correctionWords(correction: Correction | null): string | undefined {
  if (!correction || correction.state === "not_needed") return undefined;
  const { state, value, low, high, raw, labels, labels_needed: needed } = correction;
  if (state === "too_few_labels") return `uncorrected: ${labels} of ${needed} labels`;
  return `corrected ${percent(value)} (${percent(low)} to ${percent(high)}) by ${labels.toLocaleString("en-US")} labels; by counts ${percent(raw)}`;
}

export const windowsWords = (rate: Pick<BurnRate, "long_seconds" | "short_seconds">): string => `${lengthOfTime(rate.long_seconds)} and ${lengthOfTime(rate.short_seconds)}`;

/** Counts of events may be parts of one: p(failure) adds up. */
export const events = (value: number): string => (Number.isInteger(value) ? value.toLocaleString("en-US") : value.toLocaleString("en-US", { maximumFractionDigits: 1 }));
