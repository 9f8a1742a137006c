import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/client/api";
import { Button } from "@/ui/button";
import { Input, Labelled } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import type { Inquiry } from "./types";

/** Goes on where it stopped; with a larger budget where that was why. */
export function ResumeDialog({ project, inquiry, onClose }: { project: string; inquiry: Inquiry; onClose: () => void }) {
  const client = useQueryClient();
  const { budget } = inquiry;
  const [reruns, setReruns] = useState(String(budget.reruns === null ? "" : inquiry.state === "out_of_budget" ? budget.reruns + 20 : budget.reruns));
  const [usd, setUsd] = useState(budget.usd === null ? "" : String(budget.usd));
  const number = (text: string) => (text.trim() ? Number(text) : null);
  const go = useMutation({
    mutationFn: () => api.POST("/api/v1/inquiries/{inquiry_id}/resume", { params: { path: { inquiry_id: inquiry.id }, query: { project } }, body: { budget: { ...budget, reruns: number(reruns), usd: number(usd) } } }),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: ["inquiry", project, inquiry.id] });
    },
  });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Go on" description={inquiry.state === "out_of_budget" ? "It stopped before it was sure: its budget was used up." : "What is known stays; it goes on from there."}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          go.mutate();
        }}
      >
        <div className="grid grid-cols-2 gap-3">
          <Labelled label="Reruns at most" hint="Those already made included; empty: no bound">
            {(id) => <Input id={id} type="number" min={1} max={1000} value={reruns} onChange={(event) => setReruns(event.target.value)} />}
          </Labelled>
          <Labelled label="USD at most" hint="Empty: no bound">
            {(id) => <Input id={id} type="number" min={0} step="any" value={usd} onChange={(event) => setUsd(event.target.value)} />}
          </Labelled>
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
