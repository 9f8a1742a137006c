import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/client/api";
import { Button } from "@/ui/button";
import { Input, Labelled } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { boundsOf, type Bound, type BoundName } from "./progress/bounds";
import { draftOf, readDraft, type Draft } from "./progress/raised";
import type { Inquiry } from "./types";

const LABELS: Record<BoundName, string> = { reruns: "Reruns at most", usd: "USD at most", calls: "Calls at most", seconds: "Minutes at most" };

/** Goes on where it stopped; with a larger budget where that was why. */
export function ResumeDialog({ project, inquiry, onClose }: { project: string; inquiry: Inquiry; onClose: () => void }) {
  const client = useQueryClient();
  const bounds = boundsOf(inquiry);
  const [draft, setDraft] = useState<Draft>(() => draftOf(inquiry.budget, bounds));
  const used = bounds.filter((each) => each.usedUp);
  const go = useMutation({
    mutationFn: () => api.POST("/api/v1/inquiries/{inquiry_id}/resume", { params: { path: { inquiry_id: inquiry.id }, query: { project } }, body: { budget: readDraft(draft) } }),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: ["inquiry", project, inquiry.id] });
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Go on"
      description={used.length ? `It stopped before it was sure: ${used.map(({ label, words }) => `${label.toLowerCase()} ${words}`).join(", ")}. What is known stays.` : "What is known stays; it goes on from there."}
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          go.mutate();
        }}
      >
        <div className="grid grid-cols-2 gap-3">
          {bounds.map((each) => (
            <Labelled key={each.name} label={LABELS[each.name]} hint={hintOf(each)}>
              {(id) => <Input id={id} type="number" min={0} step="any" placeholder="no bound" value={draft[each.name]} onChange={(event) => setDraft({ ...draft, [each.name]: event.target.value })} />}
            </Labelled>
          ))}
        </div>
        <FailedLine error={go.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button type="submit" look="primary" disabled={go.isPending}>
            Go on
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What was used so far counts, too. */
const hintOf = ({ words, usedUp }: Bound): string => (usedUp ? `Used up: ${words}` : `So far ${words}`);
