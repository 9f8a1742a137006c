import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ban, ScanSearch } from "lucide-react";
import { useEffect, useRef } from "react";
import { api, dataOf } from "@/client/api";
import { Button } from "@/ui/button";
import { plural } from "@/ui/format";
import { FailedLine } from "@/ui/states";
import { dictionaryQuery, profileJobQuery } from "./queries";

/** Reads a sample of the system in the background; how far that is, and a way to stop it. */
export function Profile({ project, name, again }: { project: string; name: string; again: boolean }) {
  const client = useQueryClient();
  const { queryKey } = profileJobQuery(project, name);
  const job = useQuery(profileJobQuery(project, name)).data;
  const running = job?.status === "running" || job?.status === "waiting";
  const was = useRef(false);
  useEffect(() => {
    if (was.current && !running) void client.invalidateQueries({ queryKey: dictionaryQuery(project, name).queryKey });
    was.current = running;
  }, [client, project, name, running]);
  const begin = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/connectors/{name}/dictionary/profile", { params: { path: { name }, query: { project } }, body: { rows: 2000, seconds: 30, tables: [] } })),
    onSuccess: (next) => {
      was.current = true;
      client.setQueryData(queryKey, next);
    },
  });
  const cancel = useMutation({
    mutationFn: (id: string) => api.POST("/api/v1/jobs/{job_id}/cancel", { params: { path: { job_id: id }, query: { project } } }),
    onSuccess: () => client.invalidateQueries({ queryKey }),
  });
  return (
    <div className="flex flex-wrap items-center gap-3">
      {running ? (
        <span className="flex items-center gap-2 text-xs text-muted" role="status">
          <progress className="h-1.5 w-28 accent-(--accent)" aria-label="Profile" value={job.total ? job.done : undefined} max={job.total ?? 1} />
          <span className="num">{job.total ? `${job.done} of ${plural(job.total, "table")}` : "looking for tables"}</span>
        </span>
      ) : null}
      {running ? (
        <Button disabled={cancel.isPending} onClick={() => cancel.mutate(job.id)}>
          <Ban className="size-3.5 text-muted" aria-hidden /> Cancel
        </Button>
      ) : (
        <Button look={again ? "plain" : "primary"} disabled={begin.isPending} onClick={() => begin.mutate()}>
          <ScanSearch className="size-3.5" aria-hidden /> {again ? "Profile again" : "Profile it"}
        </Button>
      )}
      {job?.status === "failed" && !running ? <span className="text-xs text-bad">The last profile failed: {job.error}</span> : null}
      {job?.status === "cancelled" ? <span className="text-xs text-muted">The last profile was cancelled.</span> : null}
      <FailedLine error={begin.error ?? cancel.error} />
    </div>
  );
}
