import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import { Button } from "@/ui/button";
import { Input, Labelled } from "@/ui/form";
import { FailedLine } from "@/ui/states";
import { JobList, underWay } from "./job-progress";
import { jobsQuery } from "./queries";
import { Card } from "./section";

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
        <Button disabled={start.isPending || shown.some(underWay)} onClick={() => start.mutate()}>
          Recompute
        </Button>
      </div>
      <FailedLine error={start.error} />
      {shown.length ? (
        <div className="mt-4 border-t border-line pt-3">
          <JobList project={project} jobs={shown} />
        </div>
      ) : null}
    </Card>
  );
}
