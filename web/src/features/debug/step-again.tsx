import { useQuery } from "@tanstack/react-query";
import { GitFork } from "lucide-react";
import type { Span } from "@/client/types";
import { runExchangesQuery } from "@/features/gateway/recordings/queries";
import type { RunSearch } from "@/routes/search";
import { Button } from "@/ui/button";
import { useShortcuts } from "@/ui/shortcuts";
import { Hint } from "@/ui/tooltip";
import { tapeQuery } from "./queries";
import type { TapeStep } from "./types";

interface StepAgainProps {
  project: string;
  runId: string;
  span: Span;
  onOpen: (next: RunSearch) => void;
}

const CALLING = new Set(["llm", "tool", "mcp", "embedding", "retrieval", "reranker"]);

/** From a step: fork; or why this cannot be done. */
export function StepAgain({ project, runId, span, onOpen }: StepAgainProps) {
  const exchanges = useQuery(runExchangesQuery(project, runId));
  const some = (exchanges.data?.items.length ?? 0) > 0;
  const tape = useQuery({ ...tapeQuery(project, runId), enabled: some });
  const step = tape.data?.steps.find((each) => each.span_id === span.span_id);
  if (!some || tape.isPending) return null;
  if (!step && !CALLING.has(span.kind)) return null;
  return (
    <div className="px-4 pb-2">
      <ForkHere step={step} of={tape.data?.steps.length} error={tape.error} onOpen={onOpen} />
    </div>
  );
}

interface CallAgainProps {
  project: string;
  runId: string;
  exchangeId: string;
  onOpen: (next: RunSearch) => void;
}

/** The same, of a recorded call: also where no step of the run is tied to it. */
export function CallAgain({ project, runId, exchangeId, onOpen }: CallAgainProps) {
  const tape = useQuery(tapeQuery(project, runId));
  if (tape.isPending) return null;
  return <ForkHere step={tape.data?.steps.find((each) => each.exchange_id === exchangeId)} of={tape.data?.steps.length} error={tape.error} onOpen={onOpen} />;
}

interface ForkHereProps {
  step: TapeStep | undefined;
  of: number | undefined;
  error: Error | null;
  onOpen: (next: RunSearch) => void;
}

function ForkHere({ step, of, error, onOpen }: ForkHereProps) {
  const fork = step && !step.hole ? () => onOpen({ again: "fork", at: step.step }) : undefined;
  useShortcuts({ f: () => fork?.() });
  if (!step || !fork) return <p className="text-2xs text-muted">{step ? `It cannot be forked here: ${step.hole ?? ""}` : error ? `Its recording could not be read: ${error.message}` : "It cannot be forked here: this step is not tied to a recorded call."}</p>;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs">
      <Hint text="As recorded up to here, then with one thing changed" keys="f">
        <Button onClick={fork}>
          <GitFork className="size-3.5 text-muted" aria-hidden /> Fork from here
        </Button>
      </Hint>
      <span className="num text-2xs text-muted">
        recorded step {step.step} of {of}
      </span>
    </div>
  );
}
