import { Gauge } from "lucide-react";
import type { ReactNode } from "react";
import { Popover } from "@/ui/overlay";
import type { Verdict } from "../types";
import { CalibrationView } from "./calibration";
import { suchRuns } from "./evidence";
import { probability } from "./probability";

/** How likely it is that the task failed, always with what that number has meant so far. */
export function PFailure({ verdict }: { verdict: Verdict }) {
  const { p_failure: p, calibration } = verdict;
  if (p === null) return null;
  if (!calibration) return <span className="text-xs text-faint">p(failure) unknown: no calibration yet</span>;
  const such = suchRuns(calibration, p);
  const tone = p >= 0.7 ? "text-bad bg-bad-soft" : p >= 0.4 ? "text-warn bg-warn-soft" : "text-text bg-hover";
  return (
    <Popover
      label="Calibration of p(failure)"
      className="w-96 p-4"
      trigger={
        <button type="button" className={`num inline-flex min-h-6 items-center gap-1.5 rounded-md px-2 text-xs hover:underline ${tone}`}>
          <Gauge className="size-3.5 shrink-0" aria-hidden />
          <span className="font-medium">p(failure) {probability(p)}</span>
          <span className="hidden sm:inline">{such ? <SuchRuns {...such} /> : `no labelled run was rated like this, n ${calibration.n.toLocaleString("en-US")}`}</span>
        </button>
      }
    >
      <CalibrationView verdict={verdict} calibration={calibration} />
    </Popover>
  );
}

function SuchRuns({ failed, n, low, high }: { failed: number; n: number; low: number | null; high: number | null }): ReactNode {
  return (
    <>
      {failed} of {n.toLocaleString("en-US")} such runs failed
      {low !== null && high !== null ? ` (${Math.round(low * 100)}–${Math.round(high * 100)} %)` : ""}
    </>
  );
}
