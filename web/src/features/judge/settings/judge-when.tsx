import { useQuery } from "@tanstack/react-query";
import { Input, Labelled, Switch } from "@/ui/form";
import { money } from "@/ui/format";
import { detectorsQuery } from "../queries";

export interface When {
  /** Percent. */
  sample: string;
  triggers: string;
  agents: string;
  /** USD a day; empty for no limit. */
  budget: string;
  enabled: boolean;
}

/** Which runs a judge is asked about, and what it may cost. */
export function JudgeWhen({ project, value, onChange, pairwise }: { project: string; value: When; onChange: (value: When) => void; pairwise: boolean }) {
  const detectors = useQuery(detectorsQuery(project));
  const week = detectors.data?.items[0]?.runs_7d;
  const set = (next: Partial<When>) => onChange({ ...value, ...next });
  const drawn = week === undefined ? undefined : (week / 7) * (Number(value.sample) / 100);
  const budget = (
    <Labelled label="Budget a day, USD" hint={value.budget.trim() === "" ? "Empty: no limit." : `At ${money(Number(value.budget))} it stops until the next day.`}>
      {(id) => <Input id={id} type="number" min={0} step="any" value={value.budget} onChange={(event) => set({ budget: event.target.value })} />}
    </Labelled>
  );
  if (pairwise) return budget;
  return (
    <>
      <div className="grid grid-cols-2 gap-3">
        <Labelled label="Drawn by chance, % of runs" hint={drawn === undefined ? "With logged probability: these may feed a monitor." : `About ${drawn < 10 ? drawn.toFixed(1) : Math.round(drawn)} runs a day, as of the last 7 days. These may feed a monitor.`}>
          {(id) => <Input id={id} type="number" min={0} max={100} step="any" value={value.sample} onChange={(event) => set({ sample: event.target.value })} />}
        </Labelled>
        {budget}
      </div>
      <Labelled label="Also when these detectors find something" hint="Names with commas between them. Such scores never feed a monitor.">
        {(id) => (
          <>
            <Input id={id} value={value.triggers} list={`${id}-names`} placeholder="false_success_claim" onChange={(event) => set({ triggers: event.target.value })} />
            <datalist id={`${id}-names`}>
              {(detectors.data?.items ?? []).map((each) => (
                <option key={each.name} value={each.name} />
              ))}
            </datalist>
          </>
        )}
      </Labelled>
      <Labelled label="Agents" hint="Whose runs, with commas between them; empty: all.">
        {(id) => <Input id={id} value={value.agents} onChange={(event) => set({ agents: event.target.value })} />}
      </Labelled>
      <span className="flex min-h-6 items-center gap-2 text-xs">
        <Switch checked={value.enabled} onChange={(enabled) => set({ enabled })} label="It is asked by itself" /> It is asked by itself
      </span>
    </>
  );
}
