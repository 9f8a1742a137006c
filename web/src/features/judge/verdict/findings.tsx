import { Link } from "@tanstack/react-router";
import { CornerDownRight, Flag, Info } from "lucide-react";
import { Badge } from "@/ui/badges";
import { cx } from "@/ui/classes";
import type { Finding } from "../types";
import { filterText } from "@/features/observe/filters";
import { allMarks, inOrder } from "./evidence";

interface FindingsProps {
  findings: readonly Finding[];
  /** Goes to a step (none: the run as a whole) and marks the evidence of that name there. */
  onEvidence: (spanId: string | undefined, mark: string) => void;
  titleOf: (spanId: string) => string | undefined;
}

export function FindingIcon({ finding, className = "size-3.5" }: { finding: Pick<Finding, "suspicious">; className?: string }) {
  return finding.suspicious ? <Flag className={cx("shrink-0 text-bad", className)} role="img" aria-label="suspicious" /> : <Info className={cx("shrink-0 text-muted", className)} role="img" aria-label="worth knowing" />;
}

/** One line a finding: what, why, and where; the first few, the rest on demand. */
export function FindingLines({ findings, onEvidence, titleOf, limit, onMore }: FindingsProps & { limit: number; onMore: () => void }) {
  const order = inOrder(findings);
  const marks = allMarks(findings);
  const rest = order.length - limit;
  return (
    <ul aria-label="What was found" className="border-t border-line">
      {order.slice(0, rest === 1 ? limit + 1 : limit).map((finding, index) => {
        const first = marks.find((mark) => mark.finding === finding);
        const spanId = first?.evidence.span_id ?? undefined;
        return (
          <li key={index} className="flex min-h-7 items-center gap-2 px-4 text-xs md:px-5">
            <FindingIcon finding={finding} />
            <span className={cx("shrink-0 font-medium", finding.suspicious && "text-bad")}>{finding.title}</span>
            <span className="min-w-0 truncate text-muted" title={finding.reason}>{finding.reason}</span>
            {first ? (
              <button type="button" className="ml-auto inline-flex min-h-6 max-w-64 shrink-0 items-center gap-1 rounded link" onClick={() => onEvidence(spanId, first.name)}>
                <CornerDownRight className="size-3 shrink-0" aria-hidden />
                <span className="truncate">{spanId ? (titleOf(spanId) ?? "its step") : "the answer"}</span>
              </button>
            ) : null}
          </li>
        );
      })}
      {rest > 1 ? (
        <li className="px-4 pb-1 md:px-5">
          <button type="button" className="inline-flex min-h-6 items-center rounded text-xs link" onClick={onMore}>
            and {rest} more
          </button>
        </li>
      ) : null}
    </ul>
  );
}

/** Every finding with all its evidence, its mode and how sure its detector is. */
export function FindingCards({ findings, onEvidence, titleOf }: FindingsProps) {
  const marks = allMarks(findings);
  return (
    <ul className="flex flex-col gap-3">
      {inOrder(findings).map((finding, index) => (
        <li key={index} className="text-xs">
          <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <FindingIcon finding={finding} />
            <span className="font-medium">{finding.title}</span>
            {finding.mode ? (
              <Link to="/runs" search={{ filter: [filterText("modes", "eq", finding.mode)] }} title={`Runs that failed this way: ${finding.mode}`} className="hover:underline">
                <Badge>{finding.mode_name ?? finding.mode}</Badge>
              </Link>
            ) : null}
            <Link to="/runs" search={{ filter: [filterText("detectors", "eq", finding.detector)] }} className="inline-flex min-h-6 items-center text-2xs link">
              runs with this
            </Link>
            <span className="num ml-auto text-2xs text-muted" title={`${finding.detector}, version ${finding.version}. How sure the detector is of what it says, not how likely the run failed`}>
              sure {finding.confidence.toFixed(2)}
            </span>
          </p>
          <p className="mt-0.5 text-muted">{finding.reason}</p>
          <ul className="mt-1 flex flex-col gap-1">
            {marks
              .filter((mark) => mark.finding === finding)
              .map(({ name, evidence }) => (
                <li key={name}>
                  <button type="button" className="w-full rounded-md border-l-2 border-warn-mark bg-sunken px-2 py-1 text-left hover:bg-hover" onClick={() => onEvidence(evidence.span_id ?? undefined, name)}>
                    <span className="block text-2xs text-muted">
                      {evidence.span_id ? (titleOf(evidence.span_id) ?? "a step") : "the run as a whole"}
                      {evidence.place ? `, ${evidence.place}` : ""}
                    </span>
                    {evidence.excerpt ? <span className="line-clamp-3 font-mono text-2xs leading-4 [overflow-wrap:anywhere]">{evidence.excerpt}</span> : null}
                  </button>
                </li>
              ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}
