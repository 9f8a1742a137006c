import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Ago, Instant } from "@/ui/time";
import { Box } from "../agent/box";
import type { Issue, IssueStep } from "../types";

/** What happened to an issue, newest first: who did what, when and why. */
export function History({ issue }: { issue: Issue }) {
  return (
    <Box title="History">
      <ol className="text-xs">
        <li className="flex gap-3 border-b border-line px-4 py-1.5">
          <span className="min-w-0 flex-1 text-muted">last seen</span>
          <Ago at={issue.last_seen} className="shrink-0 text-muted" />
        </li>
        {issue.history.map((step) => (
          <li key={`${step.deed} ${step.at}`} className="border-b border-line px-4 py-1.5 last:border-0">
            <p className="flex gap-3">
              <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">
                <Deed step={step} />
                {step.by ? <span className="text-muted"> by {step.by}</span> : null}
              </span>
              <Ago at={step.at} className="shrink-0 text-muted" />
            </p>
            {step.reason ? <p className="mt-0.5 border-l-2 border-line-strong pl-2 text-muted [overflow-wrap:anywhere]">{step.reason}</p> : null}
          </li>
        ))}
      </ol>
    </Box>
  );
}

function Deed({ step }: { step: IssueStep }): ReactNode {
  const run = step.run_id ? (
    <Link to="/runs/$runId" params={{ runId: step.run_id }} className="link">
      a run
    </Link>
  ) : (
    "a run"
  );
  switch (step.deed) {
    case "first_seen":
      return <>first seen in {run}{step.release ? ` of release ${step.release}` : ""}</>;
    case "regressed":
      return <span className="text-bad">came back in {run}{step.release ? ` of release ${step.release}` : ""}</span>;
    case "assigned":
      return step.to ? <>assigned to {step.to}</> : <>assigned to nobody</>;
    case "muted":
      return step.until ? <>muted until <Instant at={step.until} /></> : <>muted</>;
    case "woken":
      return <>its mute ran out</>;
    case "resolved":
      return step.release ? <>resolved in release {step.release}</> : <>resolved</>;
    case "reopened":
      return <>opened again</>;
  }
}
