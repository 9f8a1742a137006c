import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, type ReactNode } from "react";
import { CallAgain } from "@/features/debug/step-again";
import { runExchangesQuery } from "@/features/gateway/recordings/queries";
import type { Run } from "@/client/types";
import type { RunSearch } from "@/routes/search";
import { SkeletonRows } from "@/ui/states";
import { Tabs } from "@/ui/tabs";

const WhyPanel = lazy(() => import("@/features/debug/why/why-panel").then((module) => ({ default: module.WhyPanel })));
const RecordingsPanel = lazy(() => import("@/features/gateway/recordings/recordings-panel").then((module) => ({ default: module.RecordingsPanel })));

interface RunPaneProps {
  project: string;
  run: Run;
  search: RunSearch;
  onChange: (next: RunSearch) => void;
  onSelect: (spanId: string) => void;
  /** The run as a whole. */
  children: ReactNode;
}

/** The right-hand side where no step is chosen: the run as a whole, why it failed, its calls through the gateway. */
export function RunPane({ project, run, search, onChange, onSelect, children }: RunPaneProps) {
  const exchanges = useQuery(runExchangesQuery(project, run.id));
  const pane = search.pane ?? "run";
  return (
    <div className="flex h-full min-h-0 flex-col">
      <Tabs
        tabs={[
          { id: "run", label: "Run" },
          { id: "why", label: "Why it failed" },
          { id: "recordings", label: "Recordings", count: exchanges.data?.items.length },
        ]}
        value={pane}
        onChange={(next) => onChange({ pane: next === "run" ? undefined : next, call: undefined, part: undefined })}
        label="What to show of the run"
      />
      <div role="tabpanel" aria-labelledby={`tab-${pane}`} className="min-h-0 flex-1">
        {pane === "run" ? (
          children
        ) : pane === "why" ? (
          <div className="h-full overflow-y-auto p-4 md:p-5" tabIndex={0} role="region" aria-label="Why it failed">
            <Suspense fallback={<SkeletonRows rows={4} height={56} />}>
              <WhyPanel project={project} run={run} onSelect={onSelect} onChange={onChange} />
            </Suspense>
          </div>
        ) : (
          <div className="h-full overflow-y-auto p-4 md:p-5" tabIndex={0} role="region" aria-label="Calls of the run through the gateway">
            <Suspense fallback={<SkeletonRows rows={8} height={36} />}>
              <RecordingsPanel
                project={project}
                runId={run.id}
                chosen={search.call}
                part={search.part ?? "answer"}
                onChoose={(call) => onChange({ call, part: undefined })}
                actions={(exchange) => <CallAgain project={project} runId={run.id} exchangeId={exchange.id} onOpen={onChange} />}
                onPart={(part) => onChange({ part: part === "answer" ? undefined : part })}
              />
            </Suspense>
          </div>
        )}
      </div>
    </div>
  );
}
