import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { FlaskConical, Upload } from "lucide-react";
import { useMemo, useState } from "react";
import { api, dataOf } from "@/client/api";
import type { Job } from "@/client/types";
import { Button } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { count, plural } from "@/ui/format";
import { FailedLine } from "@/ui/states";
import { Instant } from "@/ui/time";
import { Box } from "../incidents/box";
import { PATIENCE, withCurrent } from "./choices";
import { Picture } from "./picture";
import { marksOf } from "./picture-scale";
import { backtestQuery, jobQuery } from "./queries";
import type { Backtest, Monitor, NewBacktest } from "./types";
import { years } from "./words";

const route = getRouteApi("/shell/monitors/$monitorId");
const SINCE = [
  { value: "-7d", label: "the last 7 days" },
  { value: "-30d", label: "the last 30 days" },
  { value: "-90d", label: "the last 90 days" },
  { value: "all", label: "all there is" },
  { value: "csv", label: "a CSV file" },
] as const;

/** What this monitor, or a more or less patient one, would have said of the past. The job stays in the address. */
export function BacktestBox({ project, monitor }: { project: string; monitor: Monitor }) {
  const { backtest } = route.useSearch();
  const navigate = route.useNavigate();
  const [over, setOver] = useState<string>("all");
  const [patience, setPatience] = useState(String(monitor.patience_years));
  const [reference, setReference] = useState(monitor.reference_results?.toString() ?? "");
  const [csv, setCsv] = useState<{ name: string; text: string }>();
  const start = useMutation({
    mutationFn: async () => {
      const body: NewBacktest = {
        agent: monitor.agent,
        signal: monitor.signal,
        strata: over === "csv" ? [] : monitor.strata,
        patience_years: Number(patience),
        reference_results: reference.trim() ? Number(reference) : null,
        reference_hours: monitor.reference_hours,
        cautious: monitor.cautious,
        csv: over === "csv" ? (csv?.text ?? "") : "",
        from: over === "csv" || over === "all" ? null : over,
      };
      return dataOf(api.POST("/api/v1/monitors/backtest", { params: { query: { project } }, body }));
    },
    onSuccess: (job) => void navigate({ search: (old) => ({ ...old, backtest: job.id }), replace: true, resetScroll: false }),
  });
  return (
    <Box title="Backtest">
      <form
        className="flex flex-wrap items-end gap-3 p-4"
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate();
        }}
      >
        <Labelled label="Over">{(id) => <Select id={id} label="Over" value={over} choices={SINCE} onChange={setOver} className="w-40" />}</Labelled>
        {over === "csv" ? (
          <Labelled label="File: columns time and x, optionally stratum, session, run_id">
            {(id) => (
              <label className="inline-flex h-7 cursor-pointer items-center gap-1.5 rounded-md border border-line-strong bg-surface px-2.5 text-xs focus-within:ring-1 focus-within:ring-focus hover:bg-hover">
                <Upload className="size-3.5 text-muted" aria-hidden />
                {csv?.name ?? "Choose a file"}
                <input id={id} type="file" accept=".csv,text/csv" className="sr-only" onChange={(event) => void read(event.target.files?.[0]).then(setCsv)} />
              </label>
            )}
          </Labelled>
        ) : null}
        <Labelled label="False alarms, at most">{(id) => <Select id={id} label="False alarms, at most, in the backtest" value={patience} choices={withCurrent(PATIENCE, patience, `One in ${years(Number(patience))}`)} onChange={setPatience} className="w-56" />}</Labelled>
        <Labelled label="Results in the reference">{(id) => <Input id={id} type="number" min={50} max={100000} placeholder="as many as needed" className="w-40" value={reference} onChange={(event) => setReference(event.target.value)} />}</Labelled>
        <Button type="submit" look="primary" disabled={start.isPending || (over === "csv" && !csv)}>
          <FlaskConical className="size-3.5" aria-hidden /> What would have been alarmed?
        </Button>
      </form>
      {start.error ? (
        <div className="px-4 pb-3">
          <FailedLine error={start.error} />
        </div>
      ) : null}
      {backtest ? (
        <Outcome project={project} jobId={backtest} monitor={monitor} />
      ) : (
        <p className="px-4 pb-4 text-xs text-muted">Nothing is changed by it: stored runs, or a file’s rows, go through the same bet again from the beginning.</p>
      )}
    </Box>
  );
}

async function read(file: File | undefined): Promise<{ name: string; text: string } | undefined> {
  return file ? { name: file.name, text: await file.text() } : undefined;
}

function Outcome({ project, jobId, monitor }: { project: string; jobId: string; monitor: Monitor }) {
  const job = useQuery(jobQuery(project, jobId));
  const done = job.data?.status === "done";
  const outcome = useQuery({ ...backtestQuery(project, jobId), enabled: done });
  return (
    <div className="border-t border-line" aria-live="polite">
      {job.isError ? (
        <div className="px-4 py-3">
          <FailedLine error={job.error} />
        </div>
      ) : job.data && !done ? (
        <Progress project={project} job={job.data} />
      ) : null}
      {done && outcome.isError ? (
        <div className="px-4 py-3">
          <FailedLine error={outcome.error} />
        </div>
      ) : null}
      {outcome.data ? <Said backtest={outcome.data} monitor={monitor} /> : null}
    </div>
  );
}

function Progress({ project, job }: { project: string; job: Job }) {
  const cancel = useMutation({ mutationFn: () => api.POST("/api/v1/jobs/{job_id}/cancel", { params: { path: { job_id: job.id }, query: { project } } }) });
  const under = job.status === "running" || job.status === "waiting";
  return (
    <div className="flex flex-wrap items-center gap-3 px-4 py-3 text-xs">
      <span className="font-medium">{job.status}</span>
      <progress aria-label="Progress of the backtest" className="h-1.5 min-w-24 flex-1 accent-(--accent)" max={1} {...(job.total ? { value: job.done / job.total } : under ? {} : { value: 0 })} />
      <span className="num text-muted">
        {count(job.done)}
        {job.total === null ? "" : ` of ${count(job.total)}`} {job.unit}
      </span>
      {under ? (
        <Button disabled={cancel.isPending} onClick={() => cancel.mutate()}>
          Cancel
        </Button>
      ) : null}
      {job.error ? <span className="w-full text-bad">{job.error}</span> : null}
      <FailedLine error={cancel.error} />
    </div>
  );
}

function Said({ backtest, monitor }: { backtest: Backtest; monitor: Monitor }) {
  const { from, to, marks } = useMemo(() => {
    const first = backtest.points[0];
    const last = backtest.points.at(-1);
    const start = Date.parse(first?.start ?? backtest.start) / 1000;
    const end = Math.max(Date.parse(backtest.end) / 1000, last ? Date.parse(last.start) / 1000 + last.width_s : 0);
    return { from: start, to: end, marks: marksOf(start, end, { alarms: backtest.alarms }) };
  }, [backtest]);
  const { alarms } = backtest;
  return (
    <>
      <p className="px-4 pt-3 text-xs">
        <strong className="font-medium">{alarms.length === 0 ? "No alarm" : plural(alarms.length, "alarm")}</strong> in {plural(backtest.results, "result")}, <Instant at={backtest.start} /> to <Instant at={backtest.end} />
        {backtest.monitor.phase === "learning" ? <span className="text-warn">: it never had enough results to be armed</span> : "."}
      </p>
      {alarms.length ? (
        <ol className="px-4 py-2 text-xs" aria-label="What would have been alarmed">
          {alarms.map((alarm) => (
            <li key={alarm.id} id={`alarm-${alarm.id}`} className="py-0.5">
              <span className="font-medium">{alarm.title}</span>{" "}
              <span className="text-muted">
                raised <Instant at={alarm.at} />
                {alarm.since ? (
                  <>
                    , probably since <Instant at={alarm.since} />
                  </>
                ) : null}
              </span>
            </li>
          ))}
        </ol>
      ) : null}
      {backtest.points.length ? <Picture points={backtest.points} monitor={monitor} from={from} to={to} marks={marks} /> : null}
    </>
  );
}
