import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Bot, ChevronRight, SearchX, User } from "lucide-react";
import type { ReactNode } from "react";
import { Problem } from "@/client/problem";
import { useProject } from "@/client/project";
import { ALL_TIME } from "@/client/time-range";
import type { Run } from "@/client/types";
import { Badge, OutcomeBadge, StatusMark } from "@/ui/badges";
import { buttonClass } from "@/ui/button";
import { compact, count, duration, money, plural, UNKNOWN } from "@/ui/format";
import { CopyId } from "@/ui/copy";
import { Page } from "@/ui/shell/page";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { filterText } from "../filters";
import { COST_KNOWN, FAILED } from "../links";
import { useLiveRefresh } from "../live-refresh";
import { sessionQuery } from "../queries";
import { Prose } from "../run/prose-text";

const route = getRouteApi("/shell/sessions/$sessionId");

/** One conversation, as it was held: a turn is a run. */
export function SessionPage() {
  const project = useProject();
  const { sessionId } = route.useParams();
  const session = useQuery(sessionQuery(project, sessionId));
  useLiveRefresh([["session", project, sessionId]]);
  const runs = session.data?.runs ?? [];
  return (
    <Page
      title="Session"
      heading={
        <h1 className="flex min-w-0 items-center gap-1.5 text-base font-semibold tracking-[-0.01em]">
          <Link to="/sessions" className="shrink-0 font-normal text-muted hover:text-text">
            Sessions
          </Link>
          <ChevronRight className="size-3.5 shrink-0 text-faint" aria-hidden />
          <CopyId id={sessionId} label="Copy session id" full />
        </h1>
      }
      actions={
        <Link to="/runs" search={{ from: ALL_TIME, filter: [filterText("session_id", "eq", sessionId)] }} className={buttonClass()}>
          Its runs as a list
        </Link>
      }
      bar={runs.length ? <Totals sessionId={sessionId} runs={runs} /> : null}
    >
      <div className="h-full overflow-y-auto bg-surface" tabIndex={0} role="region" aria-label="Conversation">
        {session.isError ? (
          Problem.from(session.error).status === 404 ? (
            <Empty icon={<SearchX />} title="There is no such session">
              <p>No run of this project carries this session id.</p>
            </Empty>
          ) : (
            <Failed what="This session" error={session.error} retry={() => void session.refetch()} />
          )
        ) : session.isPending ? (
          <SkeletonRows rows={6} height={88} />
        ) : (
          <ol className="mx-auto flex max-w-3xl flex-col gap-8 px-4 py-6 md:px-6">
            {session.data.truncated ? <li className="text-center text-xs text-muted">Older runs of this session are not shown.</li> : null}
            {runs.map((run, index) => (
              <Turn key={run.id} run={run} number={index + 1} />
            ))}
          </ol>
        )}
      </div>
    </Page>
  );
}

function Totals({ sessionId, runs }: { sessionId: string; runs: readonly Run[] }) {
  const sum = (pick: (run: Run) => number | null) => {
    const known = runs.map(pick).filter((value) => value !== null);
    return known.length ? known.reduce((total, value) => total + value, 0) : null;
  };
  const cost = sum((run) => run.cost_usd);
  const agents = [...new Set(runs.flatMap((run) => run.agents))];
  const users = [...new Set(runs.map((run) => run.user_id).filter((user) => user !== null))];
  const these = (...filters: string[]) => ({ from: ALL_TIME, filter: [filterText("session_id", "eq", sessionId), ...filters] });
  const all = (field: string, values: readonly string[]) =>
    values.length
      ? values.map((value) => (
          <Link key={value} to="/runs" search={{ from: ALL_TIME, filter: [filterText(field, "eq", value)] }} title={value} className="mr-2 inline-block max-w-48 truncate align-bottom hover:link">
            {value}
          </Link>
        ))
      : UNKNOWN;
  const facts: [string, ReactNode][] = [
    ["Runs", <Link key="runs" to="/runs" search={these()} className="hover:link">{count(runs.length)}</Link>],
    ["With an error", <Link key="errors" to="/runs" search={these(FAILED)} className="hover:link">{count(runs.filter((run) => run.status === "error").length)}</Link>],
    [
      "Tokens in → out",
      <Link key="tokens" to="/runs" search={{ ...these(filterText("input_tokens", "exists")), col: ["run", "agent", "model_calls", "tokens", "cost_usd", "started_at"] }} className="hover:link">
        {compact(sum((run) => run.input_tokens))} → {compact(sum((run) => run.output_tokens))}
      </Link>,
    ],
    ["Cost", cost === null ? UNKNOWN : <Link key="cost" to="/runs" search={these(COST_KNOWN)} className="hover:link">{money(cost)}</Link>],
    ["Agents", all("agents", agents)],
    ["User", all("user_id", users)],
  ];
  return (
    <dl className="num flex flex-wrap gap-x-6 gap-y-1 border-t border-line px-4 py-2 text-xs md:px-5">
      {facts.map(([label, value]) => (
        <div key={label} className="flex items-baseline gap-1.5">
          <dt className="text-2xs text-muted">{label}</dt>
          <dd className="font-medium">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Turn({ run, number }: { run: Run; number: number }) {
  return (
    <li className="flex flex-col gap-4" aria-label={`Turn ${number}`}>
      <div className="flex items-center gap-2 text-2xs text-muted">
        <span className="h-px flex-1 bg-line" />
        <Link to="/runs/$runId" params={{ runId: run.id }} className="flex items-center gap-2 rounded px-1 hover:text-text">
          <StatusMark status={run.status} />
          <span className="num">
            {run.agent ?? "unnamed agent"} · {duration(run.duration_ms)} · {plural(run.model_calls, "model call")} · {plural(run.tool_calls, "tool call")}
          </span>
          <Ago at={run.started_at} />
          <ChevronRight className="size-3" aria-hidden />
        </Link>
        {run.failed_tool_calls ? <Badge tone="bad">{plural(run.failed_tool_calls, "failed tool call")}</Badge> : null}
        {run.outcome !== "unknown" ? <OutcomeBadge outcome={run.outcome} source={run.outcome_source ?? ""} reason={run.outcome_reason ?? ""} /> : null}
        <span className="h-px flex-1 bg-line" />
      </div>
      <div className="flex justify-end gap-2.5">
        <div className="max-w-[85%] rounded-2xl rounded-tr-sm bg-accent-soft px-3.5 py-2">
          {run.input ? <Prose text={run.input} /> : <p className="text-xs text-faint">what was asked is unknown</p>}
        </div>
        <User className="mt-2 size-4 shrink-0 text-muted" aria-label="User" role="img" />
      </div>
      <div className="flex gap-2.5">
        <Bot className="mt-2 size-4 shrink-0" style={{ color: "var(--kind-agent)" }} aria-label="Agent" role="img" />
        <div className="max-w-[85%] min-w-0 rounded-2xl rounded-tl-sm border border-line px-3.5 py-2">
          {run.final_answer ? (
            <Prose text={run.final_answer} />
          ) : run.error ? (
            <p className="text-sm text-bad">
              {run.error_type ? `${run.error_type}: ` : ""}
              {run.error}
            </p>
          ) : (
            <p className="text-xs text-faint">{run.status === "running" ? "still running" : "no answer was recorded"}</p>
          )}
        </div>
      </div>
    </li>
  );
}
