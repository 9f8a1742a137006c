import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, type ReactNode } from "react";
import { runExchangesQuery } from "@/features/gateway/recordings/queries";
import type { RunSearch } from "@/routes/search";
import { SkeletonRows } from "@/ui/states";
import { Tabs } from "@/ui/tabs";

const RecordingsPanel = lazy(() => import("@/features/gateway/recordings/recordings-panel").then((module) => ({ default: module.RecordingsPanel })));

interface RunPaneProps {
  project: string;
  runId: string;
  search: RunSearch;
  onChange: (next: RunSearch) => void;
  /** The run as a whole. */
  children: ReactNode;
}

/** The right-hand side where no step is chosen: the run as a whole, or its calls through the gateway. */
export function RunPane({ project, runId, search, onChange, children }: RunPaneProps) {
  const exchanges = useQuery(runExchangesQuery(project, runId));
  const pane = search.pane ?? "run";
  return (
    <div className="flex h-full min-h-0 flex-col">
      <Tabs
        tabs={[
          { id: "run", label: "Run" },
          { id: "recordings", label: "Recordings", count: exchanges.data?.items.length },
        ]}
        value={pane}
        onChange={(next) => onChange({ pane: next === "run" ? undefined : next, call: undefined, part: undefined })}
        label="What to show of the run"
      />
      <div role="tabpanel" aria-labelledby={`tab-${pane}`} className="min-h-0 flex-1">
        {pane === "run" ? (
          children
        ) : (
          <div className="h-full overflow-y-auto p-4 md:p-5" tabIndex={0} role="region" aria-label="Calls of the run through the gateway">
            <Suspense fallback={<SkeletonRows rows={8} height={36} />}>
              <RecordingsPanel
                project={project}
                runId={runId}
                chosen={search.call}
                part={search.part ?? "answer"}
                onChoose={(call) => onChange({ call, part: undefined })}
                onPart={(part) => onChange({ part: part === "answer" ? undefined : part })}
              />
            </Suspense>
          </div>
        )}
      </div>
    </div>
  );
}
