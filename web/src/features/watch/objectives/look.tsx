import { Link } from "@tanstack/react-router";
import { Flame } from "lucide-react";
import { Badge } from "@/ui/badges";
import { cx } from "@/ui/classes";
import { runsOf } from "@/features/observe/links";
import type { RunsSearch } from "@/routes/search";
import { SeverityMark } from "../incidents/look";
import type { Budget, BurnRate, Objective } from "./types";
import { events, leftWords, rateWords, windowsWords } from "./words";

/** What is left of the error budget: a bar and its words. */
export function BudgetBar({ budget, className }: { budget: Pick<Budget, "left" | "events">; className?: string }) {
  if (budget.events.n === 0) return <span className={cx("text-xs text-muted", className)}>unknown: nothing is counted yet</span>;
  const { left } = budget;
  const look = left <= 0 ? "bg-bad-mark" : left < 0.25 ? "bg-warn-mark" : "bg-ok";
  return (
    <span className={cx("flex min-w-0 flex-col gap-1", className)}>
      <span className={cx("num truncate text-xs", left <= 0 && "font-medium text-bad")}>{leftWords(left)}</span>
      <span aria-hidden className="block h-1.5 w-full overflow-hidden rounded-full bg-hover">
        {left <= 0 ? <i className="block h-full w-full bg-bad-mark" /> : <i className={cx("block h-full rounded-full", look)} style={{ width: `${Math.min(1, left) * 100}%` }} />}
      </span>
    </span>
  );
}

export function Burning({ objective }: { objective: Pick<Objective, "burning"> }) {
  const worst = objective.burning[0];
  if (!worst) return null;
  return (
    <Badge tone="bad" title={worst.title}>
      <Flame aria-hidden /> burning: {worst.severity}
    </Badge>
  );
}

/** How fast the budget is spent, window by window, and from where on that alarms. */
export function BurnRates({ rates }: { rates: readonly BurnRate[] }) {
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Burn rates">
      <table className="num w-full text-left text-xs [&_td]:border-t [&_td]:border-line [&_td]:px-3 [&_td]:py-1.5 [&_td:first-child]:pl-4 [&_td:last-child]:pr-4 [&_th]:h-8 [&_th]:px-3 [&_th]:font-normal [&_th]:whitespace-nowrap [&_th]:text-muted [&_th:first-child]:pl-4 [&_th:last-child]:pr-4">
        <caption className="sr-only">Burn rates by window; 1× uses the budget up exactly at the end of the period</caption>
        <thead>
          <tr>
            <th scope="col">Over</th>
            <th scope="col" className="text-right">
              Long
            </th>
            <th scope="col" className="text-right">
              Short
            </th>
            <th scope="col" className="text-right">
              Alarms from
            </th>
            <th scope="col">Now</th>
          </tr>
        </thead>
        <tbody>
          {rates.map((rate) => (
            <tr key={rate.name}>
              <td className="whitespace-nowrap">{windowsWords(rate)}</td>
              <td className="text-right" title={`${events(rate.long.bad)} bad of ${events(rate.long.n)}`}>
                {rate.long.n ? rateWords(rate.long_rate) : "–"} <span className="text-2xs text-faint">n {events(rate.long.n)}</span>
              </td>
              <td className="text-right" title={`${events(rate.short.bad)} bad of ${events(rate.short.n)}`}>
                {rate.short.n ? rateWords(rate.short_rate) : "–"} <span className="text-2xs text-faint">n {events(rate.short.n)}</span>
              </td>
              <td className="text-right" title={rate.factor === rate.nominal_factor ? undefined : `Lowered from ${rateWords(rate.nominal_factor)}: with so low a target not even 80 % of failures would reach it`}>
                {rateWords(rate.factor)}
              </td>
              <td className="whitespace-nowrap">{rate.fires ? <SeverityMark severity={rate.severity} /> : rate.enough ? <span className="text-muted">quiet</span> : <span className="text-muted">too little is known</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The runs of one kind, as many lists as the server names: they are added up. */
export function RunsLinks({ filters, from, children, label }: { filters: readonly (readonly string[])[]; from: string; children: string; label: string }) {
  const lists: RunsSearch[] = filters.map((each) => runsOf({ from }, ...each));
  const [first, ...more] = lists;
  if (!first) return <>{children}</>;
  return (
    <span className="inline-flex items-baseline gap-1">
      <Link to="/runs" search={first} title={label} className="inline-flex min-h-6 min-w-6 items-center rounded hover:link">
        {children}
      </Link>
      {more.map((search, index) => (
        <Link key={index} to="/runs" search={search} className="inline-flex min-h-6 min-w-6 items-center justify-center text-2xs text-muted hover:text-text" title={`${label}: those of another kind that are added`}>
          +
        </Link>
      ))}
    </span>
  );
}
