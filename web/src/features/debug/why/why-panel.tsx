import { useQuery } from "@tanstack/react-query";
import { SearchCheck } from "lucide-react";
import type { Run } from "@/client/types";
import { Part } from "@/features/observe/run/panel";
import type { RunSearch } from "@/routes/search";
import { Button } from "@/ui/button";
import { FailedLine, SkeletonRows } from "@/ui/states";
import { InquiryRow } from "../inquiry-row";
import { inquiriesQuery } from "../queries";

interface WhyPanelProps {
  project: string;
  run: Run;
  onSelect: (spanId: string) => void;
  onChange: (next: RunSearch) => void;
}

/** Of a run: what was proven by executing it again, and what is suspected. */
export function WhyPanel({ project, run, onChange }: WhyPanelProps) {
  const made = useQuery(inquiriesQuery(project, { run: run.id, kind: "bisect" }));
  return (
    <div className="flex flex-col gap-6">
      <Part
        title="Proven by executing it again"
        aside={
          <Button onClick={() => onChange({ again: "bisect", at: undefined })}>
            <SearchCheck className="size-3.5 text-muted" aria-hidden /> Find the step
          </Button>
        }
      >
        {made.isError ? (
          <FailedLine error={made.error} />
        ) : made.isPending ? (
          <SkeletonRows rows={1} height={48} />
        ) : made.data.items.length ? (
          <ul className="-mx-4 border-t border-line md:-mx-5">
            {made.data.items.map((each) => (
              <InquiryRow key={each.id} inquiry={each} />
            ))}
          </ul>
        ) : (
          <p className="text-xs text-muted">Not yet. A bisect puts the run right from one step after the other, and says which one ruined it, how sure that is, and what it cost.</p>
        )}
      </Part>
    </div>
  );
}
