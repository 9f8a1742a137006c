import { Link } from "@tanstack/react-router";
import type { UseQueryResult } from "@tanstack/react-query";
import { ChevronDown, CircleAlert, Eye, PenLine } from "lucide-react";
import type { ReactNode } from "react";
import type { Run, Span } from "@/client/types";
import type { Verdict as JudgedVerdict } from "@/features/judge/types";
import { Details } from "@/features/judge/verdict/details";
import { FindingLines } from "@/features/judge/verdict/findings";
import { OutcomeLine } from "@/features/judge/verdict/outcome-line";
import { PFailure } from "@/features/judge/verdict/p-failure";
import { StatusMark } from "@/ui/badges";
import { Button } from "@/ui/button";
import { cx } from "@/ui/classes";
import { compact, count, duration, money, UNKNOWN } from "@/ui/format";
import { Keys } from "@/ui/keys";
import { Hint } from "@/ui/tooltip";
import { Ago } from "@/ui/time";
import { filterText } from "../filters";
import type { RunSearch } from "@/routes/search";
import { SignalChips } from "./signal-chips";
import { suspicionOf } from "./signals";
import { titleOf as nameOf } from "./step-row";

interface VerdictProps {
  run: Run;
  spans: readonly Span[];
  verdict: UseQueryResult<JudgedVerdict>;
  suspicious: Span | undefined;
  full: boolean;
  onFull: (full: boolean) => void;
  onSelect: (spanId: string) => void;
  onEvidence: (spanId: string | undefined, mark: string) => void;
  onSay: () => void;
  onOnly: (only: RunSearch["only"]) => void;
  titleOf: (spanId: string) => string | undefined;
  /** What executes it again. */
  again: ReactNode;
}

const LINES = 3;

/** What happened, at a glance: outcome and who said so, what was found and where, where to look first, totals. */
export function Verdict({ run, spans, verdict, suspicious, full, onFull, onSelect, onEvidence, onSay, onOnly, titleOf, again }: VerdictProps) {
  const findings = verdict.data?.findings ?? [];
  const evidence = { findings, onEvidence, titleOf };
  return (
    <div className="border-t border-line">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1.5 px-4 py-1.5 md:px-5">
        <span className="flex max-w-full min-w-0 items-center gap-3">
          <StatusMark status={run.status} words />
          <OutcomeLine run={run} verdict={verdict.data} onAll={() => onFull(true)} />
        </span>
        {verdict.data ? <PFailure verdict={verdict.data} /> : null}
        {suspicious ? <Suspicious span={suspicious} runError={run.error} onSelect={onSelect} /> : null}
        <SignalChips run={run} spans={spans} onSelect={onSelect} />
        <span className="ml-auto flex flex-wrap items-center gap-2">
          <Judged run={run} verdict={verdict} />
          {again}
          <Hint text="Say whether it did what was asked" keys="o">
            <Button onClick={onSay}>
              <PenLine className="size-3.5 text-muted" aria-hidden /> Say the outcome
            </Button>
          </Hint>
          <Button aria-expanded={full} disabled={!verdict.data} onClick={() => onFull(!full)}>
            Verdict <ChevronDown className={cx("size-3.5 text-muted transition-transform", full && "rotate-180")} aria-hidden /> <Keys value="v" />
          </Button>
        </span>
      </div>
      {full && verdict.data ? <Details verdict={verdict.data} onSelect={onSelect} {...evidence} /> : findings.length ? <FindingLines {...evidence} limit={LINES} onMore={() => onFull(true)} /> : null}
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
        <Fact label="Tokens in → out" title={tokenTitle(run)} onClick={run.input_tokens === null && run.output_tokens === null ? undefined : () => onOnly("model")}>
          {compact(run.input_tokens)} → {compact(run.output_tokens)}
        </Fact>
        <Fact label="Cost" title={run.cost_usd === null ? "Unknown: no tokens, or no price for the model" : `${run.cost_usd} USD`} onClick={run.cost_usd === null ? undefined : () => onOnly("model")}>
          {run.cost_usd === null ? UNKNOWN : money(run.cost_usd)}
        </Fact>
        <Fact label="Started">
          <Ago at={run.started_at} />
        </Fact>
        {run.agent ? (
          <Fact label="Agent">
            <Link to="/agents/$agent" params={{ agent: run.agent }} className="rounded hover:link">
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

function Suspicious({ span, runError, onSelect }: { span: Span; runError: string | null; onSelect: (spanId: string) => void }) {
  const why = suspicionOf(span);
  return (
    <button
      type="button"
      onClick={() => onSelect(span.span_id)}
      title="Go to the first suspicious step (s)"
      className="flex h-6 max-w-[30rem] min-w-0 items-center gap-1.5 rounded-md bg-bad-soft px-2 text-xs text-bad hover:underline"
    >
      <Eye className="size-3.5 shrink-0" aria-hidden />
      <span className="shrink-0 font-medium">First suspicious step: {nameOf(span)}</span>
      {!why || saysTheSame(runError, why) ? null : <span className="truncate">{why}</span>}
    </button>
  );
}

/** Whether detectors have looked at it; a late span undoes that until they have looked again. */
function Judged({ run, verdict }: { run: Run; verdict: UseQueryResult<JudgedVerdict> }) {
  if (verdict.isError)
    return (
      <button type="button" className="inline-flex min-h-6 items-center gap-1 rounded text-xs text-bad hover:underline" title={verdict.error.message} onClick={() => void verdict.refetch()}>
        <CircleAlert className="size-3.5" aria-hidden /> Verdict could not be loaded: try again
      </button>
    );
  if (verdict.isPending) return <span role="status" aria-label="Loading the verdict" className="skeleton h-4 w-24" />;
  if (verdict.data.judged === null) return <span className="text-xs text-faint">{run.status === "running" ? "judged when it ends" : "not judged yet"}</span>;
  return findingsNone(verdict.data) ? <span className="text-xs text-muted" title={`Judged by ${verdict.data.judged}`}>nothing found</span> : null;
}

const findingsNone = (verdict: JudgedVerdict) => verdict.findings.length === 0;

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
