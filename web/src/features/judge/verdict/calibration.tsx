import { percent, plural } from "@/ui/format";
import type { Calibration, Verdict } from "../types";
import { Reliability } from "./reliability";

/** What p(failure) has meant so far, and what this run's is made of. */
export function CalibrationView({ verdict, calibration }: { verdict: Verdict; calibration: Calibration }) {
  return (
    <div className="flex flex-col gap-3 text-xs">
      <div>
        <h3 className="font-semibold">What this number has meant</h3>
        <p className="text-muted">
          Of labelled runs given about the same p(failure), how many failed. On the line it keeps its word; cross-validated on {plural(calibration.n, "run")}
          {calibration.fitted_on ? `, ${calibration.fitted_on}` : ""}.
        </p>
      </div>
      <Reliability bins={calibration.bins} p={verdict.p_failure} />
      <p className="num text-muted">
        AUC {calibration.auc.toFixed(2)} · Brier {calibration.brier.toFixed(3)} · calibration error {percent(calibration.ece)} · n {calibration.n.toLocaleString("en-US")}
      </p>
      <Contributions verdict={verdict} />
    </div>
  );
}

export function Contributions({ verdict }: { verdict: Verdict }) {
  const parts = verdict.contributions.filter((each) => Math.abs(each.weight) >= 0.05).sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, 8);
  if (parts.length === 0) return null;
  const most = Math.max(...parts.map((each) => Math.abs(each.weight)));
  return (
    <div>
      <h3 className="font-semibold">What it is made of</h3>
      <ul aria-label="What p(failure) is made of">
        {parts.map((each) => (
          <li key={each.signal} className="grid grid-cols-[1fr_5rem_3rem] items-center gap-2 py-0.5">
            <span className="truncate" title={each.title}>{each.title}</span>
            <span className="flex h-1.5" aria-hidden>
              <i className={`h-full rounded-xs ${each.weight > 0 ? "bg-bad-mark" : "bg-ok"}`} style={{ width: `${(Math.abs(each.weight) / most) * 100}%` }} />
            </span>
            <span className="num text-right text-muted" title="Log-odds of failure">
              {each.weight > 0 ? "+" : "−"}
              {Math.abs(each.weight).toFixed(2)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
