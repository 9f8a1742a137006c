import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ban } from "lucide-react";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Button } from "@/ui/button";
import { Input, Labelled } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine, SkeletonRows } from "@/ui/states";
import { resamplingQuery } from "../queries";
import { Decisions } from "./decisions";

/** The models asked again, step by step: where they mostly decide otherwise, the recorded decision was a slip. */
export function Resample({ project, runId, recorded, onSelect }: { project: string; runId: string; recorded: boolean; onSelect: (spanId: string) => void }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const found = useQuery(resamplingQuery(project, runId));
  const params = { path: { run_id: runId }, query: { project } };
  const cancel = useMutation({ mutationFn: () => api.POST("/api/v1/runs/{run_id}/resample/cancel", { params }), onSuccess: () => client.invalidateQueries({ queryKey: ["resampling", project, runId] }) });
  if (found.isError) return <FailedLine error={found.error} />;
  if (found.isPending) return <SkeletonRows rows={1} height={40} />;
  const known = found.data;
  return (
    <div className="flex flex-col gap-3 text-xs">
      {known ? (
        <Decisions found={known} onSelect={onSelect}>
          {known.state === "running" ? (
            <Button disabled={cancel.isPending} onClick={() => cancel.mutate()}>
              <Ban className="size-3.5 text-muted" aria-hidden /> Cancel
            </Button>
          ) : recorded ? (
            <Button onClick={() => setAsking(true)}>Ask again, anew</Button>
          ) : null}
        </Decisions>
      ) : (
        <>
          <p className="text-muted">
            {recorded
              ? "Not done. Each decision of its models is asked for again, a few times, with what they were given then: how often they decide otherwise is the step’s failure probability. No tool is called; models are paid."
              : "It cannot be: what its models were given was not recorded by the gateway."}
          </p>
          {recorded ? (
            <span>
              <Button onClick={() => setAsking(true)}>Ask its models again</Button>
            </span>
          ) : null}
        </>
      )}
      {asking ? <AskDialog project={project} runId={runId} onClose={() => setAsking(false)} /> : null}
    </div>
  );
}

function AskDialog({ project, runId, onClose }: { project: string; runId: string; onClose: () => void }) {
  const client = useQueryClient();
  const [times, setTimes] = useState("5");
  const [calls, setCalls] = useState("60");
  const [usd, setUsd] = useState("1");
  const [judge, setJudge] = useState(true);
  const ask = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/runs/{run_id}/resample", { params: { path: { run_id: runId }, query: { project } }, body: { times: Number(times), most_calls: Math.max(1, Number(calls) || 60), most_usd: usd.trim() ? Number(usd) : null, ask_judge: judge } })),
    onSuccess: async () => {
      onClose();
      await client.resetQueries({ queryKey: ["resampling", project, runId] });
    },
  });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Ask its models again" description="They are really asked, and paid, through the gateway. No tool is called.">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          ask.mutate();
        }}
      >
        <div className="grid grid-cols-3 gap-3">
          <Labelled label="Times a step">{(id) => <Input id={id} type="number" min={0} max={50} value={times} onChange={(event) => setTimes(event.target.value)} />}</Labelled>
          <Labelled label="Calls at most" hint="Of all steps together">{(id) => <Input id={id} type="number" min={1} value={calls} onChange={(event) => setCalls(event.target.value)} />}</Labelled>
          <Labelled label="USD at most" hint="Empty: no bound">{(id) => <Input id={id} type="number" min={0} step="any" value={usd} onChange={(event) => setUsd(event.target.value)} />}</Labelled>
        </div>
        <label className="flex min-h-6 items-center gap-1.5 text-xs">
          <input type="checkbox" className="accent-(--accent)" checked={judge} onChange={(event) => setJudge(event.target.checked)} /> ask a judge, too, where the project has one
        </label>
        <FailedLine error={ask.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={ask.isPending}>
            Ask
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
