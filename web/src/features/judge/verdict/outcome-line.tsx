import type { Run } from "@/client/types";
import { OutcomeBadge } from "@/ui/badges";
import { plural } from "@/ui/format";
import type { Verdict } from "../types";

const SOURCES: Record<string, string> = {
  sdk: "the agent's own code",
  otel: "a span of it",
  api: "the API",
  user: "its user",
  reviewer: "a reviewer",
  business: "a business event",
  judge: "a judge",
  evaluator: "an evaluator",
  detector: "a detector",
};

export const sourceWords = (source: string | null): string => (source ? (SOURCES[source] ?? source) : "somebody");

interface OutcomeLineProps {
  run: Run;
  verdict: Verdict | undefined;
  onAll: () => void;
}

/** The resolved outcome, who said so and why, and how many words there are on it. */
export function OutcomeLine({ run, verdict, onAll }: OutcomeLineProps) {
  const outcome = verdict?.outcome ?? run.outcome;
  const source = verdict?.outcome_source ?? run.outcome_source;
  const reason = verdict?.outcome_reason ?? run.outcome_reason;
  const said = verdict?.said ?? [];
  const deciding = said.findLast((each) => each.source === source && each.outcome === outcome);
  return (
    <span className="flex min-w-0 items-center gap-2 text-xs">
      <OutcomeBadge words outcome={outcome} source={source ?? ""} reason={reason ?? ""} />
      {outcome === "unknown" ? null : (
        <span className="min-w-0 truncate text-muted" title={reason ?? undefined}>
          said by {sourceWords(source)}
          {deciding?.author ? ` (${deciding.author})` : ""}
          {reason ? `: ${reason}` : ""}
        </span>
      )}
      {said.length > 1 ? (
        <button type="button" className="inline-flex min-h-6 shrink-0 items-center rounded link" onClick={onAll}>
          {plural(said.length, "word")} on it
        </button>
      ) : null}
    </span>
  );
}
