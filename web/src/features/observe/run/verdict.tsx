import { Link } from "@tanstack/react-router";
import { CircleAlert, CircleMinus, Eye, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Run, Span } from "@/client/types";
import { OutcomeBadge, StatusMark } from "@/ui/badges";
import { cx } from "@/ui/classes";
import { compact, count, duration, money, UNKNOWN } from "@/ui/format";
import { Ago } from "@/ui/time";
import { filterText } from "../filters";
import { signalsOf, suspicionOf, type Signal } from "./signals";
import { titleOf } from "./step-row";
import type { RunSearch } from "@/routes/search";

interface VerdictProps {
  run: Run;
  spans: readonly Span[];
  suspicious: Span | undefined;
  onSelect: (spanId: string) => void;
  onOnly: (only: RunSearch["only"]) => void;
}

/** What happened, at a glance: outcome, signals, where to look first, totals. */
export function Verdict({ run, spans, suspicious, onSelect, onOnly }: VerdictProps) {
  return (
    <div className="border-t border-line">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1.5 px-4 py-2 md:px-5">
        <span className="flex items-center gap-3">
          <StatusMark status={run.status} words />
          <OutcomeBadge words outcome={run.outcome} source={run.outcome_source ?? ""} reason={run.outcome_reason ?? ""} />
          {run.outcome_reason ? <span className="max-w-64 truncate text-xs text-muted" title={run.outcome_reason}>{run.outcome_reason}</span> : null}
        </span>
        {suspicious ? (
          <button
            type="button"
            onClick={() => onSelect(suspicious.span_id)}
            title="Go to the first suspicious step (s)"
            className="flex h-6 max-w-[34rem] min-w-0 items-center gap-1.5 rounded-md bg-bad-soft px-2 text-xs text-bad hover:underline"
          >
            <Eye className="size-3.5 shrink-0" aria-hidden />
            <span className="shrink-0 font-medium">First suspicious step: {titleOf(suspicious)}</span>
            {saysTheSame(run.error, suspicionOf(suspicious)) ? null : <span className="truncate">{suspicionOf(suspicious)}</span>}
          </button>
        ) : null}
        <span className="flex flex-wrap items-center gap-1.5">
          {signalsOf(run, spans).map((signal) => (
            <SignalChip key={signal.id} signal={signal} onSelect={onSelect} />
          ))}
        </span>
      </div>
      {run.error ? (
        <p className="flex items-start gap-1.5 border-t border-line bg-bad-soft px-4 py-1.5 text-xs text-bad md:px-5">
          <CircleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden />
          <span className="line-clamp-2 min-w-0 break-words">
            {run.error_type ? <b className="font-semibold">{run.error_type}: </b> : null}
            {run.error}
          </span>
        </p>
      ) : null}
      <dl className="num flex flex-wrap items-baseline gap-x-6 gap-y-1 border-t border-line px-4 py-2 text-xs md:px-5">
        <Fact label="Duration" title={run.status === "running" ? "Still running" : undefined}>
          {duration(run.duration_ms)}
        </Fact>
        <Fact label="Model calls" onClick={() => onOnly("model")}>
          {count(run.model_calls)}
        </Fact>
        <Fact label="Tool calls" onClick={() => onOnly("tools")}>
          {count(run.tool_calls)}
        </Fact>
        <Fact label="Failed tools" onClick={run.failed_tool_calls ? () => onOnly("errors") : undefined} bad={run.failed_tool_calls > 0}>
          {count(run.failed_tool_calls)}
        </Fact>
        <Fact label="Tokens in → out" title={tokenTitle(run)}>
          {compact(run.input_tokens)} → {compact(run.output_tokens)}
        </Fact>
        <Fact label="Cost" title={run.cost_usd === null ? "Unknown: no tokens, or no price for the model" : `${run.cost_usd} USD`}>
          {run.cost_usd === null ? UNKNOWN : money(run.cost_usd)}
        </Fact>
        <Fact label="Started">
          <Ago at={run.started_at} />
        </Fact>
        {run.agent ? (
          <Fact label="Agent">
            <Link to="/runs" search={{ filter: [filterText("agent", "eq", run.agent)] }} className="rounded hover:link">
              {run.agent}
            </Link>
          </Fact>
        ) : null}
        {run.release ? (
          <Fact label="Release">
            <Link to="/runs" search={{ filter: [filterText("release", "eq", run.release)] }} className="rounded hover:link">
              {run.release}
            </Link>
          </Fact>
        ) : null}
        {run.session_id ? (
          <Fact label="Session">
            <Link to="/sessions/$sessionId" params={{ sessionId: run.session_id }} className="max-w-40 truncate rounded link">
              {run.session_id}
            </Link>
          </Fact>
        ) : null}
      </dl>
    </div>
  );
}

/** Whether the run's error, shown in full below, already says it. */
function saysTheSame(error: string | null, suspicion: string): boolean {
  return error !== null && (error.includes(suspicion) || suspicion.includes(error));
}

function tokenTitle(run: Run): string {
  const parts: [string, number | null][] = [
    ["in", run.input_tokens],
    ["of it read from a cache", run.cache_read_tokens],
    ["of it written to a cache", run.cache_write_tokens],
    ["out", run.output_tokens],
    ["of it reasoning", run.reasoning_tokens],
  ];
  const known = parts.filter(([, value]) => value !== null).map(([what, value]) => `${count(value)} ${what}`);
  return known.length ? known.join(", ") : "Unknown: nothing said how many tokens were used";
}

interface FactProps {
  label: string;
  title?: string | undefined;
  onClick?: (() => void) | undefined;
  bad?: boolean;
  children: ReactNode;
}

function Fact({ label, title, onClick, bad, children }: FactProps) {
  return (
    <div className="flex items-baseline gap-1.5" title={title}>
      <dt className="text-2xs text-muted">{label}</dt>
      <dd className={cx("font-medium", bad && "text-bad")}>
        {onClick ? (
          <button type="button" className="inline-flex min-h-6 min-w-6 items-center rounded hover:link" onClick={onClick}>
            {children}
          </button>
        ) : (
          children
        )}
      </dd>
    </div>
  );
}

const TONES: Record<Signal["tone"], string> = { bad: "text-bad bg-bad-soft", warn: "text-warn bg-warn-soft", quiet: "text-muted bg-hover" };

function SignalChip({ signal, onSelect }: { signal: Signal; onSelect: (spanId: string) => void }) {
  const Icon = signal.tone === "bad" ? CircleAlert : signal.tone === "quiet" ? Info : signal.id === "negative" ? CircleMinus : TriangleAlert;
  const { spanId } = signal;
  const look = cx("inline-flex h-5 items-center gap-1 rounded px-1.5 text-2xs font-medium whitespace-nowrap", TONES[signal.tone]);
  const inside = (
    <>
      <Icon className="size-3" aria-hidden /> {signal.text}
    </>
  );
  return spanId ? (
    <button type="button" className={cx(look, "hover:underline")} title={`${signal.help}. Go to the first.`} onClick={() => onSelect(spanId)}>
      {inside}
    </button>
  ) : (
    <span className={look} title={signal.help}>
      {inside}
    </span>
  );
}
