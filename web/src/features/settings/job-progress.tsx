import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "@/client/api";
import type { Job } from "@/client/types";
import { Button } from "@/ui/button";
import { count } from "@/ui/format";
import { FailedLine } from "@/ui/states";
import { Ago } from "@/ui/time";
import { jobsQuery } from "./queries";

export const underWay = (job: Job) => job.status === "running" || job.status === "waiting";

interface JobListProps {
  project: string;
  jobs: readonly Job[];
  /** What a job is about, in a line. */
  about?: (job: Job) => ReactNode;
}

/** Work in the background: how far it is, stopped and taken up again. */
export function JobList({ project, jobs, about }: JobListProps) {
  const client = useQueryClient();
  const turn = useMutation({
    mutationFn: ({ id, on }: { id: string; on: boolean }) => {
      const params = { path: { job_id: id }, query: { project } };
      return on ? api.POST("/api/v1/jobs/{job_id}/resume", { params }) : api.POST("/api/v1/jobs/{job_id}/cancel", { params });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: jobsQuery(project).queryKey }),
  });
  return (
    <>
      <FailedLine error={turn.error} />
      <ul className="flex flex-col gap-2">
        {jobs.map((job) => (
          <Progress key={job.id} job={job} about={about?.(job)} disabled={turn.isPending} onStop={() => turn.mutate({ id: job.id, on: false })} onResume={() => turn.mutate({ id: job.id, on: true })} />
        ))}
      </ul>
    </>
  );
}

interface ProgressProps {
  job: Job;
  about: ReactNode;
  disabled: boolean;
  onStop: () => void;
  onResume: () => void;
}

function Progress({ job, about, disabled, onStop, onResume }: ProgressProps) {
  const share = job.total ? Math.min(1, job.done / job.total) : undefined;
  const value = job.status === "done" ? { value: 1 } : share !== undefined ? { value: share } : underWay(job) ? {} : { value: 0 };
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs">
      <span className="w-20 shrink-0 font-medium">{job.status}</span>
      <progress aria-label="Progress" className="h-1.5 min-w-24 flex-1 overflow-hidden rounded-full accent-(--accent)" max={1} {...value} />
      <span className="num shrink-0 text-muted">
        {count(job.done)}
        {job.total === null ? "" : ` of ${count(job.total)}`} {job.unit}
      </span>
      <Ago at={job.updated_at} className="w-20 shrink-0 text-right text-muted" />
      {underWay(job) ? (
        <Button look="ghost" disabled={disabled} onClick={onStop}>
          Stop
        </Button>
      ) : job.status === "cancelled" || job.status === "failed" ? (
        <Button look="ghost" disabled={disabled} onClick={onResume} title="It goes on from where it stood">
          Resume
        </Button>
      ) : null}
      {about ? <span className="w-full min-w-0 truncate text-muted">{about}</span> : null}
      {job.error ? <span className="w-full text-bad">{job.error}</span> : null}
    </li>
  );
}
