import { useQuery } from "@tanstack/react-query";
import { percent, plural } from "@/ui/format";
import { FailedLine } from "@/ui/states";
import { Ago } from "@/ui/time";
import { failureModelQuery } from "../queries";
import { Reliability } from "../verdict/reliability";
import { Box } from "./box";

const KINDS: Record<string, string> = { chat: "Runs that use tools or talk with somebody", reasoning: "Runs that work something out" };

/** What p(failure) of this agent's runs has meant so far. */
export function CalibrationBox({ project, agent }: { project: string; agent: string }) {
  const models = useQuery(failureModelQuery(project, agent));
  const model = models.data?.items[0];
  return (
    <Box
      title="What p(failure) has meant"
      aside={<span className="text-xs text-muted">{model ? model.fitted === "own" ? <>learned from its own labels <Ago at={model.fitted_at} /></> : "learned from open data" : ""}</span>}
    >
      <div className="p-4" id="calibration">
        <FailedLine error={models.error} />
        {models.isPending ? <div role="status" aria-label="Loading" className="skeleton h-48" /> : null}
        {model?.fitted === "prior" ? <p className="mb-3 text-xs text-muted">No run of this agent has taught it yet: from twenty runs with an outcome on, it learns what failing means here. Until then these figures are of other agents’ runs.</p> : null}
        <div className="grid gap-4 sm:grid-cols-2">
          {model?.kinds.map(({ kind, calibration }) => (
            <figure key={kind} className="min-w-0">
              <Reliability bins={calibration.bins} p={null} />
              <figcaption className="mt-1 text-xs">
                {KINDS[kind] ?? kind}
                <span className="num block text-muted">
                  AUC {calibration.auc.toFixed(2)} · Brier {calibration.brier.toFixed(3)} · calibration error {percent(calibration.ece)} · {plural(calibration.n, "labelled run")}, {calibration.failures.toLocaleString("en-US")} failed
                </span>
              </figcaption>
            </figure>
          ))}
        </div>
      </div>
    </Box>
  );
}
