import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowLeftRight, Split as SplitIcon } from "lucide-react";
import { useRef } from "react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useProject } from "@/client/project";
import type { Comparison } from "@/client/types";
import { JudgePair } from "@/features/judge/compare/judge-pair";
import { Button, buttonClass } from "@/ui/button";
import { useRevealed } from "@/ui/reveal";
import { Page } from "@/ui/shell/page";
import { useShortcuts } from "@/ui/shortcuts";
import { Failed, SkeletonRows } from "@/ui/states";
import { compareQuery } from "../queries";
import { AlignedRow } from "./aligned-row";
import { RunHeads } from "./run-heads";
import { StepDiff } from "./step-diff";

const route = getRouteApi("/shell/runs/$runId/compare/$otherId");
const ROW = 34;
/** Room for the mark where the first step already differs, px. */
const ABOVE = 10;

/** Two runs side by side, step by step, with the place marked where they part. */
export function ComparePage() {
  const project = useProject();
  const { runId, otherId } = route.useParams();
  const { data, isPending, isError, error, refetch } = useQuery(compareQuery(project, runId, otherId));
  const swap = (
    <Link to="/runs/$runId/compare/$otherId" params={{ runId: otherId, otherId: runId }} className={buttonClass()}>
      <ArrowLeftRight className="size-3.5 text-muted" aria-hidden /> Swap
    </Link>
  );
  return (
    <Page title="Compare runs" actions={swap}>
      {isError ? <Failed what="The comparison" error={error} retry={() => void refetch()} /> : isPending ? <SkeletonRows /> : <Steps comparison={data} project={project} />}
    </Page>
  );
}

function Steps({ comparison, project }: { comparison: Comparison; project: string }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const scroller = useRef<HTMLDivElement>(null);
  const { steps, first_divergence: first } = comparison;
  const chosen = search.step === undefined ? -1 : Number(search.step);
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtual list's own state; nothing here is memoised on it
  const virtual = useVirtualizer({ count: steps.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 12, paddingStart: ABOVE });
  useRevealed(scroller, chosen, { row: ROW, before: ABOVE });
  const go = (index: number) => {
    const bounded = Math.max(0, Math.min(steps.length - 1, index));
    void navigate({ search: { step: String(bounded) }, replace: true, resetScroll: false });
  };
  useShortcuts({
    j: () => go(chosen + 1),
    k: () => go(chosen - 1),
    arrowdown: () => go(chosen + 1),
    arrowup: () => go(chosen - 1),
    s: () => first !== null && go(first),
    esc: () => void navigate({ search: {}, replace: true, resetScroll: false }),
  });
  const same = steps.filter((step) => step.relation === "same").length;
  const step = steps[chosen];
  return (
    <div className="flex h-full min-h-0 flex-col bg-surface">
      <RunHeads left={comparison.left} right={comparison.right} />
      <div className="flex min-h-10 flex-wrap items-center gap-3 border-b border-line px-4 py-1.5 text-xs md:px-5">
        {first === null ? (
          <span className="text-muted">Both runs took the same steps with the same content.</span>
        ) : (
          <Button onClick={() => go(first)} look="primary">
            <SplitIcon className="size-3.5" aria-hidden /> First divergence: step {first + 1}
          </Button>
        )}
        <span className="num text-muted">
          {same} of {steps.length} steps are alike
        </span>
        <span className="ml-auto">
          <JudgePair project={project} left={comparison.left.id} right={comparison.right.id} />
        </span>
        {comparison.truncated ? <span className="text-warn">Only the first steps are compared: one of the runs is very long.</span> : null}
      </div>
      <div ref={scroller} className="min-h-0 flex-1 overflow-auto" tabIndex={0} role="region" aria-label="Steps of both runs">
        <ol className="relative min-w-[720px]" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const each = steps[item.index];
            return each ? (
              <AlignedRow
                key={item.key}
                step={each}
                number={item.index + 1}
                height={ROW}
                top={item.start}
                first={item.index === first}
                chosen={item.index === chosen}
                onChoose={() => go(item.index)}
              />
            ) : null;
          })}
        </ol>
      </div>
      {step ? (
        <div className="h-[46%] min-h-48 shrink-0 border-t-2 border-line-strong">
          <StepDiff key={chosen} project={project} step={step} leftRun={comparison.left.id} rightRun={comparison.right.id} onClose={() => void navigate({ search: {}, replace: true, resetScroll: false })} />
        </div>
      ) : null}
    </div>
  );
}
