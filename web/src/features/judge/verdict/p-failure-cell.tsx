import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useProject } from "@/client/project";
import type { Run } from "@/client/types";
import { UNKNOWN } from "@/ui/format";
import { Popover } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { verdictQuery } from "../queries";
import { CalibrationView } from "./calibration";
import { suchRuns } from "./evidence";
import { probability } from "./probability";

/** What the numbers of one model have meant: read once for all rows that this model judged. */
const calibrationQuery = (project: string, run: Run) => {
  const verdict = verdictQuery(project, run.id);
  return queryOptions({ ...verdict, queryKey: ["calibration", project, run.judged ?? ""], staleTime: 300_000, enabled: run.p_failure !== null });
};

/** In a list: how likely a run failed, and beside it how many runs that were rated so did. Opens on the diagram. */
export function PFailureCell({ run }: { run: Run }) {
  const project = useProject();
  const [open, setOpen] = useState(false);
  const model = useQuery(calibrationQuery(project, run));
  const { p_failure: p } = run;
  if (p === null) return <span className="text-faint" title={run.judged === null ? "Unknown: not judged yet" : "Unknown: no model is calibrated"}>{UNKNOWN}</span>;
  const calibration = model.data?.calibration;
  const such = calibration ? suchRuns(calibration, p) : undefined;
  return (
    <Popover
      label="Calibration of p(failure)"
      align="end"
      className="w-96 p-4"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <button type="button" className="relative z-1 inline-flex min-h-6 items-baseline gap-1.5 rounded whitespace-nowrap hover:underline" title={such ? `${such.failed} of ${such.n} labelled runs rated like this failed` : "No labelled run was rated like this yet"}>
          <span className={p >= 0.7 ? "text-bad" : p >= 0.4 ? "text-warn" : undefined}>{probability(p)}</span>
          <span className="text-2xs text-faint">{such ? `${such.failed} of ${such.n.toLocaleString("en-US")}` : model.isPending ? "…" : "n 0"}</span>
        </button>
      }
    >
      {open ? <Opened project={project} run={run} /> : null}
    </Popover>
  );
}

function Opened({ project, run }: { project: string; run: Run }) {
  const verdict = useQuery(verdictQuery(project, run.id));
  if (verdict.isError) return <FailedLine error={verdict.error} />;
  if (verdict.isPending) return <div role="status" aria-label="Loading" className="skeleton h-40" />;
  return (
    <div className="flex flex-col gap-3">
      {verdict.data.calibration ? <CalibrationView verdict={verdict.data} calibration={verdict.data.calibration} /> : <p className="text-xs text-muted">This number was never held against labelled runs: go by nothing it says.</p>}
      <Link to="/runs/$runId" params={{ runId: run.id }} search={{ verdict: "full" }} className="self-start text-xs link">
        The run’s verdict in full
      </Link>
    </div>
  );
}
