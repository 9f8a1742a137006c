import { Link } from "@tanstack/react-router";
import { duration, plural } from "@/ui/format";
import { VerdictMark } from "./look";
import type { RunReport } from "./queries";

interface RunRowProps {
  report: RunReport;
  title: string;
  input: string;
  project: string;
}

/** One run of a drill: the task, the fault, what was answered beside what is right. */
export function RunRow({ report, title, input }: RunRowProps) {
  const { run, verdict, why, right } = report;
  return (
    <li className="border-t border-line px-4 py-3 first:border-t-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <VerdictMark verdict={verdict} />
        <span className="text-xs font-medium">{title}</span>
        <span className="min-w-0 flex-1 truncate text-xs text-muted" title={input}>
          {input}
        </span>
        <span className="num text-2xs text-muted">{duration(run.elapsed_ms)}</span>
        {run.run_id ? (
          <Link to="/runs/$runId" params={{ runId: run.run_id }} className="link min-h-6 text-xs leading-6">
            Open run
          </Link>
        ) : null}
      </div>
      <div className="mt-1.5 grid gap-x-6 gap-y-1 text-xs md:grid-cols-2">
        <Words label="Answered" text={run.answer ?? run.error ?? ""} missing="nothing" />
        <Words label="Right" text={right ?? ""} missing="not known" />
      </div>
      <p className="mt-1.5 text-2xs text-muted">
        {why}
        {run.faults.map((fault) => `; ${fault.fault} in ${fault.kind} call ${fault.occurrence}${fault.target ? ` to ${fault.target}` : ""}${fault.times === 0 ? " and all after it" : fault.times > 1 ? ` and ${plural(fault.times - 1, "more")}` : ""}`).join("")}
        {report.applied.length === 0 && run.faults.length ? "; never applied" : ""}
        {report.findings.length ? `; detectors: ${report.findings.join(", ")}` : ""}
      </p>
    </li>
  );
}

function Words({ label, text, missing }: { label: string; text: string; missing: string }) {
  return (
    <p className="min-w-0">
      <span className="text-2xs text-muted">{label}: </span>
      {text ? <span className="line-clamp-4 break-words whitespace-pre-wrap">{text}</span> : <span className="text-faint">{missing}</span>}
    </p>
  );
}
