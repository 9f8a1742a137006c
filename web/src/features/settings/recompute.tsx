import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import type { Job } from "@/client/types";
import { Button } from "@/ui/button";
import { Input, Labelled } from "@/ui/form";
import { count } from "@/ui/format";
import { FailedLine } from "@/ui/states";
import { Ago } from "@/ui/time";
import { jobsQuery } from "./queries";
import { Card } from "./section";

const running = (job: Job) => job.status === "running" || job.status === "waiting";

/** Apply today's prices to what is already stored, as work in the background that can be stopped. */
export function Recompute({ project }: { project: string }) {
  const client = useQueryClient();
  const jobs = useQuery(jobsQuery(project));
  const [from, setFrom] = useState("");
  const refresh = () => client.invalidateQueries({ queryKey: jobsQuery(project).queryKey });
  const start = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/prices/recompute", { params: { query: { project }, header: idempotency() }, body: { from_day: from || null } })),
    onSuccess: refresh,
  });
  const cancel = useMutation({
    mutationFn: (id: string) => api.POST("/api/v1/jobs/{job_id}/cancel", { params: { path: { job_id: id }, query: { project } } }),
    onSuccess: refresh,
  });
  const shown = (jobs.data?.items ?? []).filter((job) => /recompute|price/.test(job.kind)).slice(0, 5);
  return (
    <Card className="p-4">
      <div className="flex flex-wrap items-end gap-3">
        <div className="min-w-60 flex-1">
          <h3 className="text-sm font-semibold">Recompute costs</h3>
          <p className="text-xs text-muted">New prices hold for runs that come. This applies them to stored runs too.</p>
        </div>
        <Labelled label="From day (empty: all)" className="w-40">
          {(id) => <Input id={id} type="date" value={from} onChange={(event) => setFrom(event.target.value)} />}
        </Labelled>
        <Button disabled={start.isPending || shown.some(running)} onClick={() => start.mutate()}>
          Recompute
        </Button>
      </div>
      <FailedLine error={start.error ?? cancel.error} />
      {shown.length ? (
        <ul className="mt-4 flex flex-col gap-2 border-t border-line pt-3">
          {shown.map((job) => (
            <Progress key={job.id} job={job} onCancel={() => cancel.mutate(job.id)} />
          ))}
        </ul>
      ) : null}
    </Card>
  );
}

function Progress({ job, onCancel }: { job: Job; onCancel: () => void }) {
  const share = job.total ? Math.min(1, job.done / job.total) : undefined;
  return (
    <li className="flex items-center gap-3 text-xs">
      <span className="w-20 shrink-0 font-medium">{job.status}</span>
      <progress aria-label="Progress" className="h-1.5 min-w-24 flex-1 overflow-hidden rounded-full accent-(--accent)" max={1} {...(job.status === "done" ? { value: 1 } : share === undefined ? (running(job) ? {} : { value: 0 }) : { value: share })} />
      <span className="num shrink-0 text-muted">
        {count(job.done)}
        {job.total ? ` of ${count(job.total)}` : ""} {job.unit}
      </span>
      <Ago at={job.updated_at} className="w-20 shrink-0 text-right text-muted" />
      {running(job) ? (
        <Button look="ghost" onClick={onCancel}>
          Stop
        </Button>
      ) : null}
      {job.error ? <span className="text-bad">{job.error}</span> : null}
    </li>
  );
}
