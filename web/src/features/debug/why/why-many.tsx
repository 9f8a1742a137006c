import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Badge } from "@/ui/badges";
import { percent, plural } from "@/ui/format";
import { KindIcon } from "@/ui/kinds";
import { FailedLine, SkeletonRows } from "@/ui/states";
import { incidentWhyQuery, issueWhyQuery } from "../queries";
import type { WhyRun, WhyRuns } from "../types";

interface OfProps {
  project: string;
  id: string;
}

export function IssueWhy({ project, id }: OfProps) {
  const why = useQuery(issueWhyQuery(project, id));
  return <WhyBox>{why.isError ? <FailedLine error={why.error} /> : why.isPending ? <SkeletonRows rows={2} height={40} /> : <Blamed why={why.data} />}</WhyBox>;
}

export function IncidentWhy({ project, id }: OfProps) {
  const why = useQuery(incidentWhyQuery(project, id));
  return <WhyBox>{why.isError ? <FailedLine error={why.error} /> : why.isPending ? <SkeletonRows rows={2} height={40} /> : <Blamed why={why.data} />}</WhyBox>;
}

function WhyBox({ children }: { children: ReactNode }) {
  return (
    <section aria-label="Why did this fail" className="overflow-hidden rounded-xl border border-line bg-surface shadow-card">
      <div className="flex h-10 items-center border-b border-line px-4">
        <h2 className="text-sm font-semibold">Why did this fail</h2>
      </div>
      <div className="p-4 text-xs">{children}</div>
    </section>
  );
}

/** Which kind of step the runs blame, most blamed first; then one run as an example. */
function Blamed({ why }: { why: WhyRuns }) {
  if (!why.runs || !why.blamed.length) return <p className="text-muted">No step can be blamed: its runs are not kept, or nothing in them stands out.</p>;
  return (
    <div className="flex flex-col gap-3">
      <ul aria-label="Blamed steps" className="flex flex-col gap-2">
        {why.blamed.slice(0, 4).map((each, at) => (
          <li key={at}>
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <span className="flex items-center gap-2 font-medium">
                <KindIcon kind={each.kind === "tool" ? "tool" : "llm"} /> {each.name ?? "no step of its own"}
              </span>
              <span className="num text-muted">
                {each.runs} of {plural(why.runs, "run")}
              </span>
              {each.proved ? <Badge tone="ok">{each.proved} proven by a bisect</Badge> : <Badge>suspected</Badge>}
              <span className="flex gap-2">
                {each.run_ids.slice(0, 3).map((id, place) => (
                  <Link key={id} to="/runs/$runId" params={{ runId: id }} search={{ pane: "why" }} className="link min-h-6 leading-6">
                    run {place + 1}
                  </Link>
                ))}
              </span>
            </div>
            {each.evidence ? <p className="mt-0.5 line-clamp-3 text-muted [overflow-wrap:anywhere]">{each.evidence}</p> : null}
          </li>
        ))}
      </ul>
      {why.example ? <Example why={why.example} /> : null}
      {why.runs < why.of ? <p className="num text-2xs text-faint">The newest {why.runs} of {why.of} runs were looked at.</p> : null}
    </div>
  );
}

function Example({ why }: { why: WhyRun }) {
  return (
    <div className="rounded-lg bg-sunken p-3">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="text-2xs text-muted">For example</span>
        <Link to="/runs/$runId" params={{ runId: why.run_id }} search={why.span_id ? { span: why.span_id } : { pane: "why" }} className="link min-h-6 font-medium leading-6">
          {why.step === null ? "the run" : `step ${why.step}${why.name ? `, ${why.name}` : ""}`}
        </Link>
        <span className="num text-muted">{why.grounds === "bisect" ? `${percent(why.confidence)} sure` : `${percent(why.confidence)} of the suspicion`}</span>
        {why.inquiry_id ? (
          <Link to="/inquiries/$inquiryId" params={{ inquiryId: why.inquiry_id }} className="link min-h-6 leading-6">
            how it was proven
          </Link>
        ) : null}
      </p>
      {why.reasons.length ? (
        <ul className="mt-1 text-muted">
          {why.reasons.slice(0, 3).map((reason, at) => (
            <li key={at}>{reason.text}</li>
          ))}
        </ul>
      ) : null}
      {why.excerpt ? <p className="mt-1 line-clamp-2 font-mono text-2xs text-muted [overflow-wrap:anywhere]">{why.excerpt}</p> : null}
    </div>
  );
}
