import { useQuery } from "@tanstack/react-query";
import { SearchCheck } from "lucide-react";
import { Button } from "@/ui/button";
import { percent, plural } from "@/ui/format";
import { KindIcon } from "@/ui/kinds";
import { FailedLine, SkeletonRows } from "@/ui/states";
import { suspiciousQuery } from "../queries";
import type { Suspect } from "../types";

interface SuspectsProps {
  project: string;
  runId: string;
  onSelect: (spanId: string) => void;
  /** Begins a bisect, suspecting this recorded step. */
  onProve: (step: number | undefined) => void;
  recorded: boolean;
}

const SHOWN = 5;

const BY: Record<Suspect["reasons"][number]["by"], string> = { step: "read off it", detector: "a detector", good_runs: "against good runs", resampling: "asked again", judge: "a judge" };

/** The steps by suspicion, each with what speaks for it; a suspicion, until it is proven. */
export function Suspects({ project, runId, onSelect, onProve, recorded }: SuspectsProps) {
  const found = useQuery(suspiciousQuery(project, runId));
  if (found.isError) return <FailedLine error={found.error} />;
  if (found.isPending) return <SkeletonRows rows={3} height={56} />;
  const { items, sure, notes, compared_with: compared } = found.data;
  if (!items.length) return <p className="text-xs text-muted">Nothing in its steps stands out, or what they said was not recorded.</p>;
  return (
    <div className="flex flex-col gap-3">
      <ol aria-label="Suspicious steps" className="flex flex-col gap-2">
        {items.slice(0, SHOWN).map((each) => (
          <One key={each.step} suspect={each} onOpen={each.span_id ? () => onSelect(each.span_id ?? "") : undefined} onProve={recorded ? () => onProve(each.recorded_step ?? undefined) : undefined} />
        ))}
      </ol>
      <p className="text-2xs text-muted">
        {sure} {compared.length ? `Compared with ${plural(compared.length, "good run")}.` : ""} {notes.join(" ")}
      </p>
    </div>
  );
}

function One({ suspect, onOpen, onProve }: { suspect: Suspect; onOpen: (() => void) | undefined; onProve: (() => void) | undefined }) {
  const { name, doer, share, reasons, excerpt } = suspect;
  // The numbers that forks and bisects go by, where the calls were recorded.
  const step = suspect.recorded_step ?? suspect.step;
  return (
    <li className="rounded-lg border border-line p-3 text-xs">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="flex min-w-0 items-center gap-2 font-medium">
          <KindIcon kind={doer === "result" ? "tool" : "llm"} />
          {onOpen ? (
            <button type="button" onClick={onOpen} className="link min-h-6 truncate" title="Open the step">
              {step}. {name}
            </button>
          ) : (
            <span className="truncate">
              {step}. {name}
            </span>
          )}
        </span>
        <span className="num flex items-center gap-2 text-2xs text-muted" title="Its share of the suspicion; all steps together have 100 %">
          <i aria-hidden className="block h-1.5 w-16 overflow-hidden rounded bg-hover">
            <i className="block h-full bg-warn-mark" style={{ width: `${(share * 100).toFixed(1)}%` }} />
          </i>
          {percent(share)} of the suspicion
        </span>
        {onProve ? (
          <Button className="ml-auto" onClick={onProve}>
            <SearchCheck className="size-3.5 text-muted" aria-hidden /> Prove it
          </Button>
        ) : null}
      </div>
      {reasons.length ? (
        <ul className="mt-1.5 flex flex-col gap-0.5 text-muted">
          {reasons.map((reason, at) => (
            <li key={at}>
              {reason.text} <span className="text-2xs text-faint">({BY[reason.by]})</span>
            </li>
          ))}
        </ul>
      ) : null}
      {excerpt ? <p className="mt-1.5 line-clamp-2 font-mono text-2xs text-muted [overflow-wrap:anywhere]">{excerpt}</p> : null}
    </li>
  );
}
