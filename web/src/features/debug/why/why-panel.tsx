import { useQuery } from "@tanstack/react-query";
import { SearchCheck } from "lucide-react";
import type { Run } from "@/client/types";
import { runExchangesQuery } from "@/features/gateway/recordings/queries";
import { Part } from "@/features/observe/run/panel";
import type { RunSearch } from "@/routes/search";
import { Button } from "@/ui/button";
import { FailedLine, SkeletonRows } from "@/ui/states";
import { InquiryRow } from "../inquiry-row";
import { inquiriesQuery } from "../queries";
import { Resample } from "./resample";
import { Suspects } from "./suspects";

interface WhyPanelProps {
  project: string;
  run: Run;
  onSelect: (spanId: string) => void;
  onChange: (next: RunSearch) => void;
}

/** Of a run: what was proven by executing it again, and what is suspected. */
export function WhyPanel({ project, run, onSelect, onChange }: WhyPanelProps) {
  const made = useQuery(inquiriesQuery(project, { run: run.id, kind: "bisect" }));
  const exchanges = useQuery(runExchangesQuery(project, run.id));
  const recorded = (exchanges.data?.items.length ?? 0) > 0;
  return (
    <div className="flex flex-col gap-6">
      <Part
        title="Proven by executing it again"
        aside={
          recorded ? (
            <Button onClick={() => onChange({ again: "bisect", at: undefined })}>
              <SearchCheck className="size-3.5 text-muted" aria-hidden /> Find the step
            </Button>
          ) : null
        }
      >
        {made.isError ? (
          <FailedLine error={made.error} />
        ) : made.isPending ? (
          <SkeletonRows rows={1} height={48} />
        ) : made.data.items.length ? (
          <ul className="-mx-4 border-t border-line md:-mx-5">
            {made.data.items.map((each) => (
              <InquiryRow key={each.id} inquiry={each} known="run" />
            ))}
          </ul>
        ) : (
          <p className="text-xs text-muted">
            {recorded ? "Not yet. A bisect puts the run right from one step after the other, and says which one ruined it, how sure that is, and what it cost." : "It cannot be: no call of this run went through the gateway."}
          </p>
        )}
      </Part>
      <Part title="Suspected">
        <Suspects project={project} runId={run.id} onSelect={onSelect} recorded={recorded} onProve={(step) => onChange({ again: "bisect", at: step })} />
      </Part>
      <Part title="Its models asked again">
        <Resample project={project} runId={run.id} recorded={recorded} onSelect={onSelect} />
      </Part>
    </div>
  );
}
