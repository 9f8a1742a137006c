import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronRight, SearchX } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { Problem } from "@/client/problem";
import { useProject } from "@/client/project";
import type { Run, Span } from "@/client/types";
import { verdictQuery } from "@/features/judge/queries";
import { marksOf } from "@/features/judge/verdict/evidence";
import type { Finding } from "@/features/judge/types";
import { AgainDialog } from "@/features/debug/again-dialog";
import { RunAgain } from "@/features/debug/run-again";
import { SayOutcome } from "@/features/judge/verdict/say-outcome";
import type { RunSearch } from "@/routes/search";
import { CopyId } from "@/ui/copy";
import { Page } from "@/ui/shell/page";
import { useShortcuts } from "@/ui/shortcuts";
import { Split } from "@/ui/split";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { useLiveRefresh } from "../live-refresh";
import { runQuery, spansQuery } from "../queries";
import { CompareWith } from "./compare-with";
import { NoSuchRun } from "./no-such-run";
import { Overview } from "./overview";
import { opened, readFold, turned, writeFold } from "./folding";
import { RunPane } from "./run-pane";
import { firstSuspicious } from "./signals";
import { StepPanel } from "./step-panel";
import { titleOf } from "./step-row";
import { StepTree } from "./step-tree";
import { buildTree, foldable, isBad, isNegative, keySteps, matcher, rowsOf } from "./tree";
import { TreeToolbar } from "./tree-toolbar";
import { Verdict } from "./verdict";

const route = getRouteApi("/shell/runs/$runId");
const NO_SPANS: readonly Span[] = [];
const NO_FINDINGS: readonly Finding[] = [];

/** The heart: what a run did, step by step. */
export function RunPage() {
  const project = useProject();
  const { runId } = route.useParams();
  const run = useQuery(runQuery(project, runId));
  const spans = useQuery(spansQuery(project, runId));
  useLiveRefresh([runQuery(project, runId).queryKey, spansQuery(project, runId).queryKey, verdictQuery(project, runId).queryKey, ["span", project, runId], ["exchanges", project, runId]], {
    everyMs: 1000,
    when: (event) => event.kind === "resync" || (event.kind === "runs" && (event.ids.includes(runId) || (run.data !== undefined && event.ids.includes(run.data.id)))),
  });
  if (run.isError && Problem.from(run.error).status === 404) return <NoSuchRun id={runId} />;
  if (run.isError) return <Page title="Run"><Failed what="This run" error={run.error} retry={() => void run.refetch()} /></Page>;
  if (run.isPending) return <Page title="Run"><SkeletonRows rows={16} height={28} /></Page>;
  return (
    <Loaded
      key={run.data.id}
      project={project}
      run={run.data}
      spans={spans.data?.items ?? NO_SPANS}
      pending={spans.isPending}
      error={spans.error}
      retry={() => void spans.refetch()}
    />
  );
}

interface LoadedProps {
  project: string;
  run: Run;
  spans: readonly Span[];
  pending: boolean;
  error: Error | null;
  retry: () => void;
}

function Loaded({ project, run, spans, pending, error, retry }: LoadedProps) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const tree = useMemo(() => buildTree(spans), [spans]);
  const folded = useMemo(() => readFold(search.fold, tree), [search.fold, tree]);
  const verdict = useQuery(verdictQuery(project, run.id));
  const findings = verdict.data?.findings ?? NO_FINDINGS;
  const marks = useMemo(() => marksOf(findings), [findings]);
  const [saying, setSaying] = useState(false);
  const suspicious = useMemo(() => tree.byId.get(verdict.data?.first_suspicious_span_id ?? "")?.span ?? firstSuspicious(spans, tree), [spans, tree, verdict.data]);
  const shown = useMemo(() => (search.only === "key" ? buildTree(keySteps(spans)) : tree), [spans, tree, search.only]);
  const rows = useMemo(() => rowsOf(shown, folded, matcher(search.find, search.only)), [shown, folded, search.find, search.only]);
  const calls = useMemo(() => new Map(spans.filter((s) => s.tool_call_id && s.kind !== "llm").map((s) => [s.tool_call_id, s.span_id])), [spans]);
  const stepOfCall = useCallback((callId: string) => calls.get(callId), [calls]);
  const selected = search.span ? tree.byId.get(search.span) : undefined;

  // The router would put the tree back to where it stood; it follows the step that is chosen.
  const change = useCallback((next: RunSearch) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false }), [navigate]);
  const onFold = useCallback((id: string) => void navigate({ search: (old) => ({ ...old, fold: turned(old.fold, id, tree) }), replace: true, resetScroll: false }), [navigate, tree]);
  /** Chooses a step; where it is folded away, or filtered out, it is brought back. */
  const onSelect = useCallback(
    (id: string, mark?: string) => {
      const above: string[] = [];
      for (let at = tree.byId.get(id)?.parent; at; at = at.parent) above.push(at.span.span_id);
      void navigate({
        search: (old) => {
          const test = matcher(old.find, old.only);
          const step = tree.byId.get(id);
          const hidden = old.only === "key" ? !shown.byId.has(id) : test && step && !test(step.span);
          return { ...old, span: id, mark, fold: opened(old.fold, above, tree), ...(hidden ? { find: undefined, only: undefined } : {}) };
        },
        replace: true,
        resetScroll: false,
      });
    },
    [navigate, tree, shown],
  );
  const onEvidence = (spanId: string | undefined, mark: string) => (spanId && tree.byId.has(spanId) ? onSelect(spanId, mark) : change({ span: undefined, tab: undefined, mark }));
  const nameOf = (id: string) => {
    const span = tree.byId.get(id)?.span;
    return span && titleOf(span);
  };
  const at = rows.findIndex((row) => row.step.span.span_id === search.span);
  const goTo = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row) change({ span: row.step.span.span_id, mark: undefined });
  };
  /** From where the address is by now: keys may come faster than the page is drawn. */
  const move = (by: number) => {
    const next = (old: RunSearch) => {
      const from = rows.findIndex((row) => row.step.span.span_id === old.span);
      return rows[Math.max(0, Math.min(rows.length - 1, from + by))]?.step.span.span_id;
    };
    void navigate({ search: (old) => ({ ...old, span: next(old), mark: undefined }), replace: true, resetScroll: false });
  };
  const nextBad = () => {
    const bad = (index: number) => {
      const span = rows[index % rows.length]?.step.span;
      return span !== undefined && (isBad(span) || isNegative(span) || marks.has(span.span_id));
    };
    for (let step = 1; step <= rows.length; step += 1)
      if (bad(at + step)) {
      goTo((at + step) % rows.length);
      return;
    }
  };
  const setFold = (fold: boolean) => selected && selected.children.length > 0 && folded.has(selected.span.span_id) !== fold && onFold(selected.span.span_id);
  const foldAll = () => change({ fold: writeFold(new Set(foldable(tree)), tree) });
  const unfoldAll = () => change({ fold: undefined });
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    arrowdown: () => move(1),
    arrowup: () => move(-1),
    h: () => (selected && (selected.children.length === 0 || folded.has(selected.span.span_id)) && selected.parent ? onSelect(selected.parent.span.span_id) : void setFold(true)),
    arrowleft: () => void setFold(true),
    l: () => void setFold(false),
    arrowright: () => void setFold(false),
    e: nextBad,
    s: () => suspicious && onSelect(suspicious.span_id),
    "[": foldAll,
    "]": unfoldAll,
    o: () => setSaying(true),
    v: () => change({ verdict: search.verdict ? undefined : "full" }),
    esc: () => change({ span: undefined, tab: undefined, mark: undefined }),
  });
  const title = run.input?.replace(/\s+/g, " ").slice(0, 160) ?? run.name ?? "Run";
  return (
    <Page
      title={run.agent ?? "Run"}
      heading={
        <h1 className="flex min-w-0 flex-1 items-center gap-1.5 text-base font-semibold tracking-[-0.01em]">
          <Link to="/runs" className="shrink-0 rounded font-normal text-muted hover:text-text">
            Runs
          </Link>
          <ChevronRight className="size-3.5 shrink-0 text-faint" aria-hidden />
          <span className="truncate" title={run.input?.slice(0, 1000)}>
            {title}
          </span>
          <CopyId id={run.id} label="Copy run id" />
        </h1>
      }
      actions={<CompareWith run={run} />}
      bar={
        <Verdict
          run={run}
          spans={spans}
          verdict={verdict}
          suspicious={suspicious}
          full={search.verdict === "full"}
          onFull={(full) => change({ verdict: full ? "full" : undefined })}
          onSelect={onSelect}
          onEvidence={onEvidence}
          onSay={() => setSaying(true)}
          titleOf={nameOf}
          onOnly={(only) => change({ only })}
          again={<RunAgain project={project} run={run} onOpen={change} />}
        />
      }
    >
      <AgainDialog project={project} run={run} search={search} onChange={change} />
      {saying ? <SayOutcome project={project} runId={run.id} onClose={() => setSaying(false)} /> : null}
      <Split
        name="run"
        label="Width of the step tree"
        left={
          <div className="flex h-full min-h-0 flex-col bg-surface">
            <TreeToolbar find={search.find ?? ""} only={search.only} onChange={change} onFoldAll={foldAll} onUnfoldAll={unfoldAll} shown={rows.filter((row) => !row.dim).length} total={folded.size ? rows.length : spans.length} />
            <div className="min-h-0 flex-1">
              {error ? (
                <Failed what="The steps" error={error} retry={retry} />
              ) : pending ? (
                <SkeletonRows rows={14} height={28} />
              ) : rows.length === 0 ? (
                <Empty icon={<SearchX />} title={spans.length ? "No step matches" : "No step has arrived yet"} />
              ) : (
                <StepTree rows={rows} endMs={tree.endMs} selected={search.span} suspicious={suspicious?.span_id} marks={marks} onSelect={onSelect} onFold={onFold} />
              )}
            </div>
          </div>
        }
        right={
          <div className="h-full bg-surface">
            {selected ? (
              <StepPanel
                project={project}
                runId={run.id}
                light={selected.span}
                tab={search.tab ?? "step"}
                onTab={(tab, attr) => change({ tab: tab === "step" ? undefined : tab, attr })}
                attr={search.attr ?? ""}
                onSelect={onSelect}
                onClose={() => change({ span: undefined, tab: undefined, mark: undefined })}
                stepOfCall={stepOfCall}
                findings={findings}
                mark={search.mark}
                onAgain={change}
              />
            ) : (
              <RunPane project={project} run={run} search={search} onChange={change} onSelect={onSelect}>
                <Overview run={run} onSelect={onSelect} findings={findings} mark={search.mark} />
              </RunPane>
            )}
          </div>
        }
      />
    </Page>
  );
}
