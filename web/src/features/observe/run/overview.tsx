import { Link } from "@tanstack/react-router";
import { useMemo, useRef, type ReactNode } from "react";
import type { Run } from "@/client/types";
import type { Finding } from "@/features/judge/types";
import { marksAt } from "@/features/judge/verdict/evidence";
import { useHighlight } from "@/features/judge/verdict/use-highlight";
import { CopyButton, CopyId } from "@/ui/copy";
import { Instant } from "@/ui/time";
import { filterText } from "../filters";
import { Handoffs } from "./handoffs";
import { Part } from "./panel";
import { Prose } from "./prose-text";

interface OverviewProps {
  run: Run;
  onSelect: (spanId: string) => void;
  findings: readonly Finding[];
  /** The evidence to look at. */
  mark: string | undefined;
}

/** The run as a whole, where no step is chosen: what was asked, what came back, who took part. */
export function Overview({ run, onSelect, findings, mark }: OverviewProps) {
  const panel = useRef<HTMLDivElement>(null);
  const marks = useMemo(() => marksAt(findings, undefined), [findings]);
  const quoted = marks.map(({ evidence }) => evidence.excerpt).filter(Boolean);
  useHighlight(panel, quoted, marks.find((each) => each.name === mark)?.evidence.excerpt ?? undefined, run.id);
  return (
    <div ref={panel} className="flex h-full flex-col gap-6 overflow-y-auto p-4 md:p-5" tabIndex={0} role="region" aria-label="The run as a whole">
      <Part title="Asked" aside={run.input ? <CopyButton text={run.input} label="Copy what was asked" /> : null}>
        {run.input ? <Prose text={run.input} /> : <p className="text-xs text-faint">Nothing said what was asked.</p>}
      </Part>
      <Part title="Answered" aside={run.final_answer ? <CopyButton text={run.final_answer} label="Copy the answer" /> : null}>
        {run.final_answer ? (
          <Prose text={run.final_answer} />
        ) : (
          <p className="text-xs text-faint">{run.status === "running" ? "Still running." : "It ended without an answer, or the answer was not recorded."}</p>
        )}
      </Part>
      {run.handoffs.length ? (
        <Part title="Who handed over to whom">
          <Handoffs handoffs={run.handoffs} onSelect={onSelect} />
        </Part>
      ) : null}
      <Part title="Details">
        <dl className="text-xs">
          <Line label="Run id"><CopyId id={run.id} full /></Line>
          <Line label="Started"><Instant at={run.started_at} /></Line>
          <Line label="Ended">{run.ended_at ? <Instant at={run.ended_at} /> : run.status === "running" ? "not yet" : "unknown: its end was not received"}</Line>
          {run.trace_ids.length > 1 || run.trace_ids[0] !== run.id ? (
            <Line label={run.trace_ids.length > 1 ? `${run.trace_ids.length} traces` : "Trace"}>
              <span className="flex flex-wrap gap-x-3">
                {run.trace_ids.slice(0, 12).map((id) => <CopyId key={id} id={id} />)}
                {run.trace_ids.length > 12 ? `and ${run.trace_ids.length - 12} more` : null}
              </span>
            </Line>
          ) : null}
          <Values label="Agents" field="agents" values={run.agents} />
          <Values label="Models" field="models" values={run.models} />
          <Values label="Tools" field="tools" values={run.tools} />
          <Values label="Failed tools" field="failed_tools" values={run.failed_tools} />
          <Values label="Service" field="service" values={run.service ? [run.service] : []} />
          <Values label="Environment" field="environment" values={run.environment ? [run.environment] : []} />
          <Values label="User" field="user_id" values={run.user_id ? [run.user_id] : []} />
          <Values label="Dialects" field="dialects" values={run.dialects} />
        </dl>
      </Part>
    </div>
  );
}

function Line({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[8rem_1fr] gap-3 border-b border-line py-1.5">
      <dt className="text-muted">{label}</dt>
      <dd className="num min-w-0 [overflow-wrap:anywhere]">{children}</dd>
    </div>
  );
}

function Values({ label, field, values }: { label: string; field: string; values: readonly string[] }) {
  if (!values.length) return null;
  return (
    <Line label={label}>
      <span className="flex flex-wrap gap-1">
        {values.map((value) => (
          <Link key={value} to="/runs" search={{ filter: [filterText(field, "eq", value)] }} title={`Runs with ${value}`} className="rounded bg-hover px-1.5 hover:text-accent">
            {value}
          </Link>
        ))}
      </span>
    </Line>
  );
}
