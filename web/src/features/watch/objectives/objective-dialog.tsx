import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import { fleetQuery } from "@/features/observe/queries";
import { Button } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { percent } from "@/ui/format";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { bodyOf, emptyForm, formOf, type Form } from "./form";
import { BudgetBar } from "./look";
import { tryQuery, useObjectivesChanged } from "./queries";
import type { Objective } from "./types";
import { events, exhaustionWords, KINDS } from "./words";

interface ObjectiveDialogProps {
  project: string;
  objective?: Objective;
  agent?: string | undefined;
  onClose: () => void;
  onSaved?: (id: string) => void;
}

const kinds = Object.entries(KINDS).map(([value, [label]]) => ({ value, label }));
const LIMITS: Partial<Record<string, string>> = { latency: "Within (ms)", cost: "At most (USD)", score: "At least" };

/** What an agent is held to; what its budget would be by the runs that are there stands beside it. */
export function ObjectiveDialog({ project, objective, agent, onClose, onSaved }: ObjectiveDialogProps) {
  const changed = useObjectivesChanged(project);
  const fleet = useQuery(fleetQuery(project, {}));
  const [form, setForm] = useState<Form>(() => (objective ? formOf(objective) : { ...emptyForm, agent: agent ?? "" }));
  const set = (next: Partial<Form>) => setForm((old) => ({ ...old, ...next }));
  const body = bodyOf(form);
  const trial = useQuery(tryQuery(project, body));
  const save = useMutation({
    mutationFn: () => {
      if (!body) throw new Error("Choose an agent, and a target between 0 and 100 %");
      return objective
        ? dataOf(api.PUT("/api/v1/objectives/{objective_id}", { params: { path: { objective_id: objective.id }, query: { project } }, body }))
        : dataOf(api.POST("/api/v1/objectives", { params: { query: { project } }, headers: idempotency(), body }));
    },
    onSuccess: async (saved) => {
      await changed();
      notify(objective ? "Changed" : "Made: it is counted from the runs that are there");
      onClose();
      onSaved?.(saved.id);
    },
  });
  const agents = [...new Set([...(fleet.data?.items.flatMap((row) => row.agent ?? []) ?? []), ...(form.agent ? [form.agent] : [])])].sort();
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={objective ? "Change this objective" : "New objective"} width="max-w-xl" description={KINDS[form.kind][1]}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <div className="grid gap-3 sm:grid-cols-2">
          <Labelled label="Agent">{(id) => <Select id={id} label="Agent" value={form.agent} choices={[{ value: "", label: "Choose one" }, ...agents.map((each) => ({ value: each, label: each }))]} onChange={(value) => set({ agent: value })} className="w-full" />}</Labelled>
          <Labelled label="Held to">{(id) => <Select id={id} label="Held to" value={form.kind} choices={kinds} onChange={(value) => set({ kind: value as Form["kind"] })} className="w-full" />}</Labelled>
          {LIMITS[form.kind] ? <Labelled label={LIMITS[form.kind] ?? ""}>{(id) => <Input id={id} type="number" step="any" required value={form.threshold} onChange={(event) => set({ threshold: event.target.value })} />}</Labelled> : null}
          {form.kind === "score" ? <Labelled label="Name of the score">{(id) => <Input id={id} required value={form.score} onChange={(event) => set({ score: event.target.value })} />}</Labelled> : null}
          <Labelled label="Target (%)" hint="So much must be good.">{(id) => <Input id={id} type="number" step="any" min={0.001} max={99.999} required value={form.target} onChange={(event) => set({ target: event.target.value })} />}</Labelled>
          <Labelled label="Over" {...(form.rolling ? { hint: "Rolling days." } : {})}>
            {(id) => (
              <span className="flex gap-2">
                {form.rolling ? <Input id={id} aria-label="Days" type="number" min={1} max={366} required value={form.days} onChange={(event) => set({ days: event.target.value })} /> : null}
                <Select
                  {...(form.rolling ? {} : { id })}
                  label="Kind of period"
                  value={form.rolling ? "rolling" : form.unit}
                  choices={[{ value: "rolling", label: "days, rolling" }, ...["day", "week", "month", "quarter", "year"].map((each) => ({ value: each, label: `each calendar ${each}` }))]}
                  onChange={(value) => set(value === "rolling" ? { rolling: true } : { rolling: false, unit: value as Form["unit"] })}
                  className="flex-1"
                />
              </span>
            )}
          </Labelled>
          <Labelled label="Name" hint="Left empty, what it is held to.">{(id) => <Input id={id} value={form.name} onChange={(event) => set({ name: event.target.value })} />}</Labelled>
          {form.rolling ? null : <Labelled label="Time zone">{(id) => <Input id={id} required value={form.zone} onChange={(event) => set({ zone: event.target.value })} />}</Labelled>}
        </div>
        <details className="rounded-md border border-line px-3 py-2">
          <summary className="text-xs font-medium">Only some runs, alarms, a description</summary>
          <div className="mt-3 grid gap-3 sm:grid-cols-2">
            <Labelled label="Of this release only">{(id) => <Input id={id} value={form.release} onChange={(event) => set({ release: event.target.value })} />}</Labelled>
            <Labelled label="Of this environment only">{(id) => <Input id={id} value={form.environment} onChange={(event) => set({ environment: event.target.value })} />}</Labelled>
            <Labelled label="Alarms from so many events on" hint="In the long window of a burn rate.">{(id) => <Input id={id} type="number" min={1} required value={form.minEvents} onChange={(event) => set({ minEvents: event.target.value })} />}</Labelled>
            <label className="flex items-center gap-2 self-center text-xs">
              <input type="checkbox" className="accent-(--accent)" checked={form.alerting} onChange={(event) => set({ alerting: event.target.checked })} /> alarm when it burns too fast
            </label>
            <Labelled label="Description" className="sm:col-span-2">{(id) => <Input id={id} maxLength={1050} value={form.description} onChange={(event) => set({ description: event.target.value })} />}</Labelled>
          </div>
        </details>
        <div aria-live="polite" className="min-h-12 rounded-md bg-sunken px-3 py-2 text-xs">
          {!body ? (
            <p className="text-muted">Choose an agent: what its budget would be is shown here.</p>
          ) : trial.isError ? (
            <FailedLine error={trial.error} />
          ) : trial.data ? (
            <>
              <BudgetBar budget={trial.data} />
              <p className="num mt-1 text-muted">
                By the runs that are there: {percent(trial.data.achieved)} good of n {events(trial.data.events.n)}
                {trial.data.events.unknown ? `, ${events(trial.data.events.unknown)} unknown` : ""}; used up {exhaustionWords(trial.data)}.
              </p>
            </>
          ) : (
            <p className="text-muted">Counting…</p>
          )}
        </div>
        <FailedLine error={save.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={save.isPending || !body}>
            {objective ? "Save" : "Make it"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
