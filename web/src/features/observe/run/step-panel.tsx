import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useMemo, useRef, useState, type ReactNode } from "react";
import type { Span } from "@/client/types";
import type { Finding } from "@/features/judge/types";
import { StepAgain } from "@/features/debug/step-again";
import { marksAt } from "@/features/judge/verdict/evidence";
import { StepEvidence } from "@/features/judge/verdict/step-evidence";
import { useHighlight } from "@/features/judge/verdict/use-highlight";
import type { RunSearch, RunTab } from "@/routes/search";
import { Badge, StatusMark } from "@/ui/badges";
import { IconButton } from "@/ui/button";
import { CodeView } from "@/ui/code/code";
import { CopyButton, CopyId } from "@/ui/copy";
import { absolute, count, duration, money, UNKNOWN, zone } from "@/ui/format";
import { KindIcon, kindLook } from "@/ui/kinds";
import { Failed } from "@/ui/states";
import { Tabs, type Tab } from "@/ui/tabs";
import { filterText } from "../filters";
import { spanQuery } from "../queries";
import { Attributes } from "./attributes";
import { Events } from "./events";
import { StepBody } from "./step-body";
import { StepNotes } from "./step-notes";
import { titleOf } from "./step-row";

interface StepPanelProps {
  project: string;
  runId: string;
  /** From the tree, without content: drawn at once, while the content is on its way. */
  light: Span;
  tab: RunTab;
  onTab: (tab: RunTab, attr?: string) => void;
  /** What is looked for among the attributes. */
  attr: string;
  onSelect: (spanId: string, mark?: string) => void;
  onClose: () => void;
  stepOfCall: (callId: string) => string | undefined;
  findings: readonly Finding[];
  /** The evidence to look at. */
  mark: string | undefined;
  onAgain: (next: RunSearch) => void;
}

export function StepPanel({ project, runId, light, tab, onTab, attr, onSelect, onClose, stepOfCall, findings, mark, onAgain }: StepPanelProps) {
  const [fullOf, setFullOf] = useState("");
  const full = fullOf === light.span_id;
  const step = useQuery(spanQuery(project, runId, light.span_id, full));
  const span = step.data ?? light;
  const panel = useRef<HTMLDivElement>(null);
  const marks = useMemo(() => marksAt(findings, light.span_id), [findings, light.span_id]);
  const quoted = marks.map(({ evidence }) => evidence.excerpt).filter(Boolean);
  useHighlight(panel, quoted, marks.find((each) => each.name === mark)?.evidence.excerpt ?? undefined, light.span_id + tab);
  const tabs: Tab<RunTab>[] = [
    { id: "step", label: kindLook(light.kind).label === "Other" ? "Step" : kindLook(light.kind).label },
    { id: "attributes", label: "Attributes", count: step.data ? Object.keys(span.attributes).length : undefined },
    { id: "events", label: "Events and links", count: step.data ? span.events.length + span.links.length : undefined },
    { id: "raw", label: "Raw" },
  ];
  return (
    <div className="flex h-full min-h-0 flex-col">
      <StepHead span={light} onClose={onClose} onAttributes={(find) => onTab("attributes", find)} />
      <StepAgain project={project} runId={runId} span={light} onOpen={onAgain} />
      <Tabs tabs={tabs} value={tabs.some((each) => each.id === tab) ? tab : "step"} onChange={(next) => onTab(next)} label="What to show of the step" />
      <div ref={panel} key={light.span_id} role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={0} className="flex min-h-0 flex-1 flex-col gap-5 overflow-y-auto p-4 outline-offset-[-2px]">
        {step.isError ? (
          <Failed what="This step" error={step.error} retry={() => void step.refetch()} />
        ) : tab === "raw" ? (
          <Raw span={span} />
        ) : tab === "attributes" ? (
          <Attributes span={span} find={attr} onFind={(find) => onTab("attributes", find || undefined)} />
        ) : tab === "events" ? (
          <Events span={span} />
        ) : (
          <>
            <StepEvidence marks={marks} focus={mark} onFocus={(name) => onSelect(light.span_id, name)} />
            <StepNotes span={span} onSelect={(id) => onSelect(id)} onFull={full ? undefined : () => setFullOf(light.span_id)} />
            {step.isPending ? <Waiting /> : <StepBody span={span} stepOfCall={stepOfCall} onSelect={(id) => onSelect(id)} />}
          </>
        )}
      </div>
    </div>
  );
}

interface StepFact {
  label: string;
  value: ReactNode;
  title?: string;
}

function StepHead({ span, onClose, onAttributes }: { span: Span; onClose: () => void; onAttributes: (find: string) => void }) {
  const started = new Date(span.started_at);
  /** A number leads to the fields it is made of. */
  const made = (find: string, value: string) => (
    <button type="button" className="rounded hover:link" onClick={() => onAttributes(find)}>
      {value}
    </button>
  );
  const facts: StepFact[] = [
    { label: "took", value: duration(span.duration_ms) },
    { label: "at", value: absolute(started).split(", ").at(-1) ?? "", title: `${absolute(started)} ${zone(started)}` },
    ...(span.model ? [{ label: "model", value: <RunsWith field="models" value={span.model} />, title: span.model_asked && span.model_asked !== span.model ? `asked for ${span.model_asked}` : "" }] : []),
    ...(span.kind === "llm" || span.input_tokens !== null
      ? [
          { label: "tokens", value: made("tokens", `${count(span.input_tokens)} → ${count(span.output_tokens)}`), title: tokenTitle(span) },
          { label: "cost", value: span.cost_usd === null ? UNKNOWN : made("cost", money(span.cost_usd)), title: span.cost_usd === null ? "Unknown: no tokens, or no price for the model" : `${span.cost_usd} USD` },
        ]
      : []),
    ...(span.agent ? [{ label: "agent", value: <RunsWith field="agents" value={span.agent} /> }] : []),
  ];
  return (
    <header className="shrink-0 px-4 pt-3 pb-2">
      <div className="flex items-center gap-2">
        <KindIcon kind={span.kind} className="size-4" />
        <h2 className="min-w-0 truncate text-base font-semibold tracking-[-0.01em]" title={span.name}>
          {titleOf(span)}
        </h2>
        <StatusMark status={span.status} />
        {span.finish_reason && span.finish_reason !== "stop" ? <Badge title="Why the model stopped">{span.finish_reason}</Badge> : null}
        <span className="ml-auto flex items-center gap-1">
          <CopyId id={span.span_id} label="Copy step id" />
          <IconButton label="Back to the run as a whole" keys="esc" onClick={onClose}>
            <X />
          </IconButton>
        </span>
      </div>
      <dl className="num mt-1.5 flex flex-wrap gap-x-4 gap-y-0.5 text-xs">
        {facts.map(({ label, value, title }) => (
          <div key={label} className="flex gap-1.5" title={title || undefined}>
            <dt className="text-muted">{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </header>
  );
}

function RunsWith({ field, value }: { field: string; value: string }) {
  return (
    <Link to="/runs" search={{ filter: [filterText(field, "eq", value)] }} className="rounded hover:link">
      {value}
    </Link>
  );
}

/** The step as the API gives it: searched with Ctrl-F, folded at its brackets. */
function Raw({ span }: { span: Span }) {
  const text = useMemo(() => JSON.stringify(span, null, 2), [span]);
  return (
    <div className="relative">
      <CodeView text={text} language="json" label="The step as JSON" maxHeight="none" />
      <CopyButton text={text} label="Copy as JSON" className="absolute top-1 right-1 bg-sunken" />
    </div>
  );
}

function tokenTitle(span: Span): string {
  const parts: [string, number | null][] = [
    ["read from a cache", span.cache_read_tokens],
    ["written to a cache", span.cache_write_tokens],
    ["reasoning", span.reasoning_tokens],
  ];
  return parts.filter(([, value]) => value !== null).map(([what, value]) => `${count(value)} ${what}`).join(", ");
}

function Waiting() {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-3">
      <div className="skeleton h-3 w-24" />
      <div className="skeleton h-16 w-full" />
      <div className="skeleton h-24 w-full" />
    </div>
  );
}
