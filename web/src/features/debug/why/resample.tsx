import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Button } from "@/ui/button";
import { Input, Labelled } from "@/ui/form";
import { money, percent, UNKNOWN } from "@/ui/format";
import { Dialog } from "@/ui/overlay";
import { FailedLine, SkeletonRows } from "@/ui/states";
import { resamplingQuery } from "../queries";
import type { Resampling } from "../types";

/** The models asked again, step by step: where they mostly decide otherwise, the recorded decision was a slip. */
export function Resample({ project, runId, recorded }: { project: string; runId: string; recorded: boolean }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const found = useQuery(resamplingQuery(project, runId));
  const params = { path: { run_id: runId }, query: { project } };
  const cancel = useMutation({ mutationFn: () => api.POST("/api/v1/runs/{run_id}/resample/cancel", { params }), onSuccess: () => client.invalidateQueries({ queryKey: ["resampling", project, runId] }) });
  if (found.isError) return <FailedLine error={found.error} />;
  if (found.isPending) return <SkeletonRows rows={1} height={40} />;
  const known = found.data;
  return (
    <div className="flex flex-col gap-2 text-xs">
      {known ? (
        <Found found={known} />
      ) : (
        <p className="text-muted">Not done. Each decision of its models is asked for again, a few times, with what they were given then: how often they decide otherwise is the step’s failure probability. No tool is called; models are paid.</p>
      )}
      <span className="flex gap-2">
        {known?.state === "running" ? (
          <Button disabled={cancel.isPending} onClick={() => cancel.mutate()}>
            Cancel
          </Button>
        ) : recorded ? (
          <Button onClick={() => setAsking(true)}>{known ? "Ask again, anew" : "Ask its models again"}</Button>
        ) : null}
      </span>
      {asking ? <AskDialog project={project} runId={runId} onClose={() => setAsking(false)} /> : null}
    </div>
  );
}

function Found({ found }: { found: Resampling }) {
  return (
    <>
      <p className="num flex flex-wrap items-center gap-x-4 text-muted">
        {found.state === "running" ? <progress className="h-1.5 w-24 accent-(--accent)" max={Math.max(1, found.planned)} value={found.done} aria-label={`${found.done} of ${found.planned} calls`} /> : <span>{found.state.replaceAll("_", " ")}</span>}
        <span>
          {found.done} of {found.planned} calls
        </span>
        <span>{money(found.cost_usd)}</span>
      </p>
      <ul aria-label="Decisions asked for again" className="border-t border-line">
        {found.items.map((each) => (
          <li key={each.step} className="border-b border-line py-1.5">
            <p className="num flex flex-wrap gap-x-3">
              <span className="font-medium">step {each.step}</span>
              <span className={each.low > 0.5 ? "text-bad" : "text-muted"} title={`95 % interval ${percent(each.low)} to ${percent(each.high)} (Wilson)`}>
                {each.failure === null ? UNKNOWN : percent(each.failure)} otherwise, n {each.asked - each.failed}
              </span>
            </p>
            {each.other ? (
              <p className="line-clamp-2 text-2xs text-muted [overflow-wrap:anywhere]">
                {each.other_times} times instead: {each.other}
              </p>
            ) : null}
            {each.note ? <p className="text-2xs text-muted">{each.note}</p> : null}
          </li>
        ))}
      </ul>
      {found.opinion ? (
        <p className="text-muted">
          A judge ({found.opinion.endpoint}) {found.opinion.step ? `blames step ${found.opinion.step}` : "blames none of them"}: {found.opinion.reason}
        </p>
      ) : null}
      {found.notes.map((note) => (
        <p key={note} className="text-2xs text-muted">
          {note}
        </p>
      ))}
    </>
  );
}

function AskDialog({ project, runId, onClose }: { project: string; runId: string; onClose: () => void }) {
  const client = useQueryClient();
  const [times, setTimes] = useState("5");
  const [usd, setUsd] = useState("1");
  const [judge, setJudge] = useState(true);
  const ask = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/runs/{run_id}/resample", { params: { path: { run_id: runId }, query: { project } }, body: { times: Number(times), most_calls: 60, most_usd: usd.trim() ? Number(usd) : null, ask_judge: judge } })),
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
        <div className="grid grid-cols-2 gap-3">
          <Labelled label="Times a step">{(id) => <Input id={id} type="number" min={0} max={50} value={times} onChange={(event) => setTimes(event.target.value)} />}</Labelled>
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
