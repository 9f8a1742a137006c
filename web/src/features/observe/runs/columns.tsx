import { Link } from "@tanstack/react-router";
import { CircleX, Flag } from "lucide-react";
import type { ReactNode } from "react";
import type { Run } from "@/client/types";
import { Badge, OutcomeBadge, Warning } from "@/ui/badges";
import { PFailureCell } from "@/features/judge/verdict/p-failure-cell";
import { compact, count, duration, money, plural, UNKNOWN } from "@/ui/format";
import { CopyId } from "@/ui/copy";
import { Ago } from "@/ui/time";

export interface Column {
  id: string;
  label: string;
  /** CSS grid track. */
  width: string;
  right?: boolean;
  cell: (run: Run) => ReactNode;
}

const Unknown = ({ title = "Unknown" }: { title?: string }) => (
  <span className="text-faint" title={title}>
    {UNKNOWN}
  </span>
);

const text = (value: string | null | undefined): ReactNode =>
  value ? (
    <span className="truncate" title={value.slice(0, 500)}>
      {value.slice(0, 300)}
    </span>
  ) : (
    <Unknown />
  );

const list = (values: readonly string[]): ReactNode => (values.length ? text(values.join(", ")) : <Unknown title="None" />);

const number = (value: number | null, title?: string): ReactNode =>
  value === null ? <Unknown /> : <span title={title}>{count(value)}</span>;

/** A number that opens the steps it counts; the row's own link lies below it. */
function Steps({ run, only, children, title }: { run: Run; only: "errors" | "model" | "tools"; children: ReactNode; title?: string }) {
  return (
    <Link
      to="/runs/$runId"
      params={{ runId: run.id }}
      search={{ only }}
      title={title}
      className="relative z-1 inline-flex min-h-6 min-w-6 items-center justify-end rounded hover:link"
    >
      {children}
    </Link>
  );
}

function Tools({ run }: { run: Run }) {
  const hidden = run.inferred_failed_tool_calls;
  return (
    <span className="flex items-center justify-end gap-1.5">
      {run.failed_tool_calls > 0 ? (
        <Steps
          run={run}
          only="errors"
          title={`${plural(run.failed_tool_calls, "tool call")} failed` + (hidden ? `, ${hidden} of them said OK` : "")}
        >
          <Badge tone="bad">
            <CircleX role="img" aria-label="failed" /> {count(run.failed_tool_calls)}
          </Badge>
        </Steps>
      ) : null}
      <Steps run={run} only="tools" title={run.inferred_tool_calls ? `${run.inferred_tool_calls} of them read out of messages` : undefined}>
        {count(run.tool_calls)}
      </Steps>
    </span>
  );
}

function RunCell({ run }: { run: Run }) {
  const asked = run.input?.replace(/\s+/g, " ").slice(0, 240);
  return (
    <span className="flex min-w-0 items-center gap-2">
      <span className="min-w-0 truncate">
        {asked ?? <span className="text-muted">{run.name ?? "unnamed run"}</span>}
        {run.error ? <span className="ml-2 text-bad">{(run.error_type ? `${run.error_type}: ` : "") + run.error.slice(0, 160)}</span> : null}
      </span>
      {run.complete || run.status === "running" ? null : (
        <Warning title={incomplete(run)}>incomplete</Warning>
      )}
    </span>
  );
}

export function incomplete(run: Run): string {
  return [
    run.missing_parents ? `${plural(run.missing_parents, "parent step")} never received` : "",
    run.unended_spans ? `${plural(run.unended_spans, "step")} that never ended` : "",
  ]
    .filter(Boolean)
    .join(", ");
}

const tokens = (run: Run): ReactNode =>
  run.input_tokens === null && run.output_tokens === null ? (
    <Unknown title="Unknown: nothing said how many tokens were used" />
  ) : (
    <Steps run={run} only="model" title={`${count(run.input_tokens)} in, ${count(run.output_tokens)} out: the model calls that used them`}>
      {compact(run.input_tokens)}&nbsp;<span className="text-faint">→</span>&nbsp;{compact(run.output_tokens)}
    </Steps>
  );

/** What detectors found; the row's own link lies below it. */
function Found({ run }: { run: Run }) {
  const [first, ...rest] = run.detectors;
  if (!first) return run.judged === null ? <span className="text-2xs text-faint" title="No detector has looked at it yet">not judged</span> : <span className="text-2xs text-faint" title={`Judged by ${run.judged}`}>nothing</span>;
  return (
    <span className="flex min-w-0 items-center gap-1 text-2xs" title={run.detectors.map(words).join(", ")}>
      <Flag className="size-3 shrink-0 text-bad" aria-hidden />
      <span className="truncate">{words(first)}</span>
      {rest.length ? <span className="num shrink-0 text-muted">+{rest.length}</span> : null}
    </span>
  );
}

const words = (name: string): string => name.replaceAll("_", " ");

const column = (id: string, label: string, width: string, cell: (run: Run) => ReactNode, right = false): Column => ({ id, label, width, cell, right });

export const COLUMNS: readonly Column[] = [
  column("run", "Run", "minmax(190px,3.2fr)", (run) => <RunCell run={run} />),
  column("agent", "Agent", "minmax(112px,1.4fr)", (run) => text(run.agent)),
  column("outcome", "Outcome", "84px", (run) => <OutcomeBadge outcome={run.outcome} source={run.outcome_source ?? ""} reason={run.outcome_reason ?? ""} />),
  column("detectors", "Found", "minmax(92px,1fr)", (run) => <Found run={run} />),
  column("duration_ms", "Duration", "68px", (run) => (run.duration_ms === null ? <Unknown title="Still running, or its end never came" /> : duration(run.duration_ms)), true),
  column("model_calls", "Model calls", "74px", (run) => <Steps run={run} only="model">{count(run.model_calls)}</Steps>, true),
  column("tool_calls", "Tool calls", "90px", (run) => <Tools run={run} />, true),
  column("tokens", "Tokens", "94px", tokens, true),
  column("cost_usd", "Cost", "76px", (run) => (run.cost_usd === null ? <Unknown title="Unknown: no tokens, or no price for the model" /> : <Steps run={run} only="model" title={`${run.cost_usd} USD: the model calls that cost it`}>{money(run.cost_usd)}</Steps>), true),
  column("started_at", "Started", "74px", (run) => <Ago at={run.started_at} className="text-muted" />, true),
  column("p_failure", "p(failure)", "118px", (run) => <PFailureCell run={run} />, true),
  column("modes", "Modes", "minmax(110px,1fr)", (run) => list(run.modes)),
  column("name", "Name", "minmax(120px,1fr)", (run) => text(run.name)),
  column("release", "Release", "100px", (run) => text(run.release)),
  column("environment", "Environment", "110px", (run) => text(run.environment)),
  column("service", "Service", "minmax(110px,1fr)", (run) => text(run.service)),
  column("session_id", "Session", "130px", (run) =>
    run.session_id ? (
      <Link to="/sessions/$sessionId" params={{ sessionId: run.session_id }} className="relative z-1 truncate link" title={run.session_id}>
        {run.session_id}
      </Link>
    ) : (
      <Unknown />
    ),
  ),
  column("user_id", "User", "120px", (run) => text(run.user_id)),
  column("models", "Models", "minmax(120px,1fr)", (run) => list(run.models)),
  column("tools", "Tools", "minmax(120px,1fr)", (run) => list(run.tools)),
  column("failed_tools", "Failed tools", "minmax(120px,1fr)", (run) => list(run.failed_tools)),
  column("agents", "Agents", "minmax(120px,1fr)", (run) => list(run.agents)),
  column("final_answer", "Answer", "minmax(180px,2fr)", (run) => text(run.final_answer?.replace(/\s+/g, " "))),
  column("error", "Error", "minmax(160px,2fr)", (run) => text(run.error)),
  column("cache_read_tokens", "Cached tokens", "104px", (run) => number(run.cache_read_tokens), true),
  column("reasoning_tokens", "Reasoning tokens", "118px", (run) => number(run.reasoning_tokens), true),
  column("negative_results", "Negative results", "112px", (run) => number(run.negative_results, "Tool results that say no without failing"), true),
  column("spans", "Steps", "70px", (run) => number(run.spans), true),
  column("dialects", "Dialects", "minmax(120px,1fr)", (run) => list(run.dialects)),
  column("id", "Id", "100px", (run) => (
    <span className="relative z-1">
      <CopyId id={run.id} />
    </span>
  )),
];

export const DEFAULT_COLUMNS: readonly string[] = COLUMNS.slice(0, 10)
  .map((each) => each.id)
  .filter((id) => id !== "model_calls");

const ATTRIBUTE = "attributes.";
const MOST_ATTRIBUTES = 20;

/** Keys of the columns that are attributes; the API takes so many. */
export const attributesOf = (ids: readonly string[]): string[] =>
  ids.flatMap((id) => (id.startsWith(ATTRIBUTE) ? [id.slice(ATTRIBUTE.length)] : [])).slice(0, MOST_ATTRIBUTES);

/** The columns of these names, in this order; an attribute is a column too. */
export function columnsOf(ids: readonly string[]): Column[] {
  return ids.flatMap((id) => {
    if (id.startsWith(ATTRIBUTE)) {
      const key = id.slice(ATTRIBUTE.length);
      return [column(id, key, "minmax(120px,1fr)", (run) => text(run.attributes[key]))];
    }
    const found = COLUMNS.find((each) => each.id === id);
    return found ? [found] : [];
  });
}
