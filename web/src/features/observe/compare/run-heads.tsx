import { Link } from "@tanstack/react-router";
import type { Run } from "@/client/types";
import { OutcomeBadge, StatusMark } from "@/ui/badges";
import { cx } from "@/ui/classes";
import { compact, count, duration, money, UNKNOWN } from "@/ui/format";
import { Ago } from "@/ui/time";

/** Both runs' figures beside each other, with what differs in bold. */
export function RunHeads({ left, right }: { left: Run; right: Run }) {
  return (
    <div className="grid grid-cols-2 border-b border-line">
      <Head run={left} other={right} side="Left" />
      <Head run={right} other={left} side="Right" />
    </div>
  );
}

const FACTS: readonly (readonly [string, (run: Run) => string])[] = [
  ["duration", (run) => duration(run.duration_ms)],
  ["model calls", (run) => count(run.model_calls)],
  ["tool calls", (run) => count(run.tool_calls)],
  ["failed", (run) => count(run.failed_tool_calls)],
  ["tokens", (run) => `${compact(run.input_tokens)} → ${compact(run.output_tokens)}`],
  ["cost", (run) => (run.cost_usd === null ? UNKNOWN : money(run.cost_usd))],
  ["release", (run) => run.release ?? UNKNOWN],
  ["models", (run) => run.models.join(", ") || UNKNOWN],
];

function Head({ run, other, side }: { run: Run; other: Run; side: string }) {
  return (
    <section aria-label={`${side} run`} className={cx("min-w-0 px-4 py-2.5 md:px-5", side === "Right" && "border-l border-line")}>
      <div className="flex flex-wrap items-center gap-x-2 sm:flex-nowrap">
        <StatusMark status={run.status} />
        <Link to="/runs/$runId" params={{ runId: run.id }} className="min-w-0 truncate font-medium hover:link max-sm:w-[calc(100%-1.5rem)]">
          {run.input?.slice(0, 200) ?? run.name ?? run.id}
        </Link>
        <OutcomeBadge words outcome={run.outcome} source={run.outcome_source ?? ""} reason={run.outcome_reason ?? ""} />
        <Ago at={run.started_at} className="shrink-0 sm:ml-auto text-xs text-muted" />
      </div>
      <dl className="num mt-1 flex flex-wrap items-center gap-x-4 gap-y-0.5 text-xs">
        {FACTS.map(([label, value]) => (
          <div key={label} className="flex gap-1.5">
            <dt className="text-muted">{label}</dt>
            <dd className={value(run) === value(other) ? "text-muted" : "font-semibold"}>{value(run)}</dd>
          </div>
        ))}
      </dl>
      {run.final_answer ? <p className="mt-1 line-clamp-2 text-xs text-muted">{run.final_answer}</p> : null}
    </section>
  );
}
