import { Link } from "@tanstack/react-router";
import { CircleX, Flag } from "lucide-react";
import type { Run } from "@/client/types";
import { Badge, OutcomeBadge, StatusMark } from "@/ui/badges";
import { cx } from "@/ui/classes";
import { compact, count, duration, money, plural } from "@/ui/format";
import { Ago } from "@/ui/time";

export const RUN_CARD = 88;

interface RunCardProps {
  run: Run;
  index: number;
  top: number;
  active: boolean;
  onActive: (index: number) => void;
}

/** A run on a phone: what was asked, how it went, and the few figures that fit. */
export function RunCard({ run, index, top, active, onActive }: RunCardProps) {
  const asked = run.input?.replace(/\s+/g, " ").slice(0, 240);
  return (
    <li
      aria-setsize={-1}
      aria-posinset={index + 1}
      className={cx("absolute inset-x-0 flex flex-col justify-center gap-1 border-b border-line px-4", active ? "bg-selected" : "hover:bg-hover")}
      style={{ height: RUN_CARD, transform: `translateY(${top}px)` }}
      onMouseDown={() => onActive(index)}
    >
      <div className="flex items-center gap-2">
        <StatusMark status={run.status} />
        <Link to="/runs/$runId" params={{ runId: run.id }} className="min-w-0 flex-1 truncate font-medium after:absolute after:inset-0">
          {asked ?? run.name ?? "unnamed run"}
        </Link>
        <Ago at={run.started_at} className="shrink-0 text-2xs text-muted" />
      </div>
      <p className={cx("truncate pl-5.5 text-xs", run.error ? "text-bad" : "text-muted")}>{run.error ?? run.final_answer?.replace(/\s+/g, " ").slice(0, 200) ?? "no answer"}</p>
      <div className="num flex items-center gap-2 overflow-hidden pl-5.5 text-2xs whitespace-nowrap text-muted">
        <OutcomeBadge outcome={run.outcome} source={run.outcome_source ?? ""} reason={run.outcome_reason ?? ""} words />
        <span className="min-w-0 truncate">{run.agent ?? "unnamed agent"}</span>
        <span>{duration(run.duration_ms)}</span>
        <span className="max-[430px]:hidden">{compact(run.input_tokens)} → {compact(run.output_tokens)}</span>
        <span>{money(run.cost_usd)}</span>
        <span className="ml-auto flex items-center gap-1.5">
          {run.detectors.length ? (
            <span className="flex items-center gap-0.5" title={run.detectors.join(", ").replaceAll("_", " ")}>
              <Flag className="size-3 text-bad" role="img" aria-label="found" /> {run.detectors.length}
            </span>
          ) : null}
          {run.failed_tool_calls ? (
            <Badge tone="bad" title={`${plural(run.failed_tool_calls, "tool call")} failed`}>
              <CircleX role="img" aria-label="failed tool calls" /> {count(run.failed_tool_calls)}
            </Badge>
          ) : null}
        </span>
      </div>
    </li>
  );
}
