import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { History } from "lucide-react";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { useProject } from "@/client/project";
import type { Job } from "@/client/types";
import { JobList } from "@/features/settings/job-progress";
import { jobsQuery } from "@/features/settings/queries";
import { Card, Section } from "@/features/settings/section";
import { Button } from "@/ui/button";
import { Input, Labelled, Switch } from "@/ui/form";
import { money, plural } from "@/ui/format";
import { Empty, FailedLine, SkeletonRows } from "@/ui/states";
import { evaluatorsQuery, judgesQuery } from "../queries";
import { TextBox } from "./schema-form";

const SHOWN = 10;

/** History judged again by what judges today: what it would cost first, then work in the background. */
export function Rejudge() {
  const project = useProject();
  const jobs = useQuery(jobsQuery(project));
  const shown = (jobs.data?.items ?? []).filter((job) => job.kind === "rejudge").slice(0, SHOWN);
  return (
    <Section title="Judge again" about="What judges runs changes: detectors, weights, evaluators, judges, whose word counts first. Stored runs keep their verdict until they are judged again.">
      <Ask project={project} />
      <Card className="p-4">
        <h3 className="mb-3 text-sm font-semibold">Lately</h3>
        {jobs.isPending ? <SkeletonRows rows={2} /> : shown.length ? <JobList project={project} jobs={shown} about={(job) => <About job={job} project={project} />} /> : <Empty icon={<History />} title="History was not judged again yet" className="py-8" />}
      </Card>
    </Section>
  );
}

function Ask({ project }: { project: string }) {
  const client = useQueryClient();
  const evaluators = useQuery(evaluatorsQuery(project));
  const judges = useQuery(judgesQuery(project));
  const [from, setFrom] = useState("-7d");
  const [filters, setFilters] = useState("");
  const [outdated, setOutdated] = useState(false);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const ask = useMutation({
    mutationFn: (dry: boolean) =>
      dataOf(
        api.POST("/api/v1/rejudge", {
          params: { query: { project } },
          body: { from: from.trim() || null, filter: filters.split("\n").map((each) => each.trim()).filter(Boolean), with: [...chosen], outdated_only: outdated, dry_run: dry },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: jobsQuery(project).queryKey }),
  });
  // A forecast holds for what was asked: what is changed since needs another one.
  const changed = <T,>(set: (value: T) => void) => (value: T) => {
    set(value);
    ask.reset();
  };
  const forecast = ask.data && ask.variables ? ask.data : undefined;
  const others = [...(evaluators.data?.items ?? []).map((each) => ({ ...each, what: "evaluator" })), ...(judges.data?.items ?? []).filter((each) => !each.pairwise).map((each) => ({ ...each, what: "judge" }))];
  return (
    <Card className="p-4">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          ask.mutate(!forecast);
        }}
      >
        <div className="grid gap-3 md:grid-cols-[12rem_minmax(0,1fr)]">
          <Labelled label="Runs since" hint="-7d, 2026-11-01; empty: all.">
            {(id) => <Input id={id} value={from} maxLength={40} onChange={(event) => changed(setFrom)(event.target.value)} />}
          </Labelled>
          <Labelled label="Only runs where" hint="One a line, all must hold: agent:=:clerk, release:in:1.2,1.3, outcome:=:failure">
            {(id) => <TextBox id={id} rows={2} value={filters} onChange={changed(setFilters)} />}
          </Labelled>
        </div>
        <span className="flex min-h-6 items-center gap-2 text-xs">
          <Switch checked={outdated} onChange={changed(setOutdated)} label="Only runs that other detectors or weights judged" /> Only runs that other detectors or weights than today’s judged
        </span>
        <fieldset>
          <legend className="text-xs font-medium">Ask, too</legend>
          <p className="text-2xs text-muted">Detectors and the model behind p(failure) always look, and evaluators that are on. Those named here are asked instead, on or off; judges are paid for.</p>
          <div className="mt-2 flex flex-wrap gap-x-4 gap-y-1.5">
            {others.length === 0 ? <span className="text-xs text-faint">There is no evaluator or judge yet.</span> : null}
            {others.map((each) => (
              <label key={each.id} className="flex min-h-6 items-center gap-1.5 text-xs">
                <input
                  type="checkbox"
                  className="accent-(--accent)"
                  checked={chosen.includes(each.id)}
                  onChange={(event) => changed(setChosen)(event.target.checked ? [...chosen, each.id] : chosen.filter((id) => id !== each.id))}
                />
                {each.name} <span className="text-muted">{each.what}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <FailedLine error={ask.error ?? evaluators.error ?? judges.error} />
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" look="primary" disabled={ask.isPending || forecast?.runs === 0}>
            {forecast ? `Judge ${plural(forecast.runs, "run")} again` : "What would it cost?"}
          </Button>
          <span role="status" className="num text-xs text-muted">
            {forecast ? said(forecast.runs, forecast.forecast_usd, forecast.unpriced) : ask.data?.job ? `Started: ${plural(ask.data.runs, "run")}, in the background.` : ""}
          </span>
        </div>
      </form>
    </Card>
  );
}

/** Without a price nothing is known of the cost: that is not the same as free. */
function said(runs: number, usd: number, unpriced: readonly string[]): string {
  if (runs === 0) return "No run is meant.";
  const unknown = unpriced.length ? `what ${unpriced.join(", ")} would cost is not known: the endpoint has no price` : "";
  if (usd > 0) return `${plural(runs, "run")} would cost about ${money(usd)}; budgets a day hold${unknown ? `; ${unknown}` : ""}.`;
  return unknown ? `${plural(runs, "run")}; ${unknown}.` : `${plural(runs, "run")}, at no cost: no model is asked.`;
}

interface Asked {
  filters?: [string, string, string | number | boolean | string[] | null][];
  from_ns?: string | null;
  evaluators?: string[];
  judges?: string[];
  outdated_only?: boolean;
}

function About({ job, project }: { job: Job; project: string }) {
  const evaluators = useQuery(evaluatorsQuery(project));
  const judges = useQuery(judgesQuery(project));
  const asked = job.arguments as Asked;
  const names = [...(evaluators.data?.items ?? []), ...(judges.data?.items ?? [])];
  const named = [...(asked.evaluators ?? []), ...(asked.judges ?? [])].map((id) => names.find((each) => each.id === id)?.name ?? id);
  const parts = [
    asked.from_ns ? `since ${new Date(Number(BigInt(asked.from_ns) / 1_000_000n)).toLocaleString()}` : "all runs",
    ...(asked.filters ?? []).map(([field, op, value]) => [field, op, value === null ? "" : String(value)].join(" ").trim()),
    ...(asked.outdated_only ? ["judged by others"] : []),
    ...(named.length ? [`with ${named.join(", ")}`] : []),
  ];
  return <>{parts.join(" · ")}</>;
}
