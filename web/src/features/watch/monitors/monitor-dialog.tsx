import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { fleetQuery } from "@/features/observe/queries";
import { Button } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { useMonitorChanged } from "./changes";
import { PATIENCE, SIGNALS, STRATA, withCurrent } from "./choices";
import type { Monitor, MonitorSettings } from "./types";
import { years } from "./words";

interface MonitorDialogProps {
  project: string;
  /** Changed where given, else a new one is made. */
  monitor?: Monitor;
  agent?: string | undefined;
  onClose: () => void;
  onMade?: (id: string) => void;
}

const SEVERITIES = ["critical", "error", "warning", "info"] as const;
const family = (signal: string) => SIGNALS.find((each) => each.value.endsWith(":") && signal.startsWith(each.value))?.value;

/** What is watched, how, and how patient it is. */
export function MonitorDialog({ project, monitor, agent: about, onClose, onMade }: MonitorDialogProps) {
  const changed = useMonitorChanged(project);
  const fleet = useQuery(fleetQuery(project, {}));
  const [agent, setAgent] = useState(monitor?.agent ?? about ?? "");
  const [signal, setSignal] = useState(monitor ? (family(monitor.signal) ?? monitor.signal) : "completion");
  const [named, setNamed] = useState(monitor && family(monitor.signal) ? monitor.signal.slice(family(monitor.signal)?.length) : "");
  const [name, setName] = useState(monitor?.name ?? "");
  const [patience, setPatience] = useState(String(monitor?.patience_years ?? 20));
  const [severity, setSeverity] = useState<string>(monitor?.severity ?? "error");
  const [strata, setStrata] = useState<readonly string[]>(monitor?.strata ?? []);
  const [attribute, setAttribute] = useState("");
  const [results, setResults] = useState(monitor?.reference_results?.toString() ?? "");
  const [hours, setHours] = useState(String(monitor?.reference_hours ?? 24));
  const [maturity, setMaturity] = useState(String((monitor?.maturity_s ?? 0) / 3600));
  const [cautious, setCautious] = useState(monitor?.cautious ?? true);
  const [worse, setWorse] = useState(monitor?.higher_is_worse ?? false);
  const [reason, setReason] = useState("");
  const chosen = signal.endsWith(":") ? signal + named.trim() : signal;
  const label = SIGNALS.find((each) => each.value === signal)?.label.split(":")[0]?.toLowerCase() ?? signal;
  const save = useMutation({
    mutationFn: () => {
      const body: MonitorSettings = {
        name: name.trim() || `${agent}: ${signal.endsWith(":") ? named.trim() : label}`,
        strata: [...strata, ...(attribute.trim() ? [`attributes.${attribute.trim()}`] : [])],
        patience_years: Number(patience),
        severity: severity as MonitorSettings["severity"],
        reference_results: results.trim() ? Number(results) : null,
        reference_hours: Number(hours),
        cautious,
        maturity_s: Number(maturity) * 3600,
        least_probability: monitor?.least_probability ?? 0.01,
        higher_is_worse: worse,
        reason: reason.trim(),
      };
      return monitor
        ? dataOf(api.PUT("/api/v1/monitors/{monitor_id}", { params: { path: { monitor_id: monitor.id }, query: { project } }, body }))
        : dataOf(api.POST("/api/v1/monitors", { params: { query: { project } }, body: { ...body, agent, signal: chosen } }));
    },
    onSuccess: async (saved) => {
      await changed();
      notify(monitor ? "Changed" : "Made: it learns what is usual first");
      onClose();
      onMade?.(saved.id);
    },
  });
  const agents = [...new Set([...(fleet.data?.items.flatMap((row) => row.agent ?? []) ?? []), ...(agent ? [agent] : [])])].sort();
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={monitor ? "Change this monitor" : "New monitor"} width="max-w-xl" description={monitor ? `${monitor.agent}: ${monitor.signal_title}` : "It learns what is usual first, and is armed by itself."}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        {monitor ? null : (
          <div className="grid gap-3 sm:grid-cols-2">
            <Labelled label="Agent" {...(agents.length ? {} : { hint: "No agent has sent a run yet." })}>{(id) => <Select id={id} label="Agent" value={agent} choices={[{ value: "", label: "Choose one" }, ...agents.map((each) => ({ value: each, label: each }))]} onChange={setAgent} className="w-full" />}</Labelled>
            <Labelled label="Watches">{(id) => <Select id={id} label="Watches" value={signal} choices={SIGNALS} onChange={setSignal} className="w-full" />}</Labelled>
            {signal.endsWith(":") ? <Labelled label={signal === "score:" ? "Name of the score" : "Name of the detector"}>{(id) => <Input id={id} required value={named} onChange={(event) => setNamed(event.target.value)} />}</Labelled> : null}
            {signal === "score:" ? (
              <label className="flex items-center gap-2 self-end pb-1.5 text-xs">
                <input type="checkbox" className="accent-(--accent)" checked={worse} onChange={(event) => setWorse(event.target.checked)} /> 1 is bad, 0 is good
              </label>
            ) : null}
          </div>
        )}
        <Labelled label="Name" hint="Left empty, it is called by its agent and what it watches.">{(id) => <Input id={id} maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />}</Labelled>
        <div className="grid gap-3 sm:grid-cols-2">
          <Labelled label="False alarms, at most" hint="More patience means later alarms.">{(id) => <Select id={id} label="False alarms, at most" value={patience} choices={withCurrent(PATIENCE, patience, `One in ${years(Number(patience))}`)} onChange={setPatience} className="w-full" />}</Labelled>
          <Labelled label="Severity of its alarms">{(id) => <Select id={id} label="Severity of its alarms" value={severity} choices={SEVERITIES.map((each) => ({ value: each, label: each }))} onChange={setSeverity} className="w-full" />}</Labelled>
        </div>
        <details className="rounded-md border border-line px-3 py-2">
          <summary className="text-xs font-medium">Reference and strata</summary>
          <div className="mt-3 grid gap-3 sm:grid-cols-3">
            <Labelled label="Results in the reference" hint="Empty: as many as a sensible fall needs.">{(id) => <Input id={id} type="number" min={50} max={100000} value={results} onChange={(event) => setResults(event.target.value)} />}</Labelled>
            <Labelled label="Hours it spans, at least">{(id) => <Input id={id} type="number" min={0} max={840} step="any" required value={hours} onChange={(event) => setHours(event.target.value)} />}</Labelled>
            <Labelled label="Outcome taken after (hours)" hint="0: as first judged.">{(id) => <Input id={id} type="number" min={0} max={336} step="any" required value={maturity} onChange={(event) => setMaturity(event.target.value)} />}</Labelled>
          </div>
          <label className="mt-3 flex items-center gap-2 text-xs">
            <input type="checkbox" className="accent-(--accent)" checked={cautious} onChange={(event) => setCautious(event.target.checked)} /> reckon with noise that a short reference cannot have shown
          </label>
          <fieldset className="mt-3">
            <legend className="text-xs font-medium">A baseline of its own for each (three at most)</legend>
            <div className="mt-1 flex flex-wrap items-center gap-x-4 gap-y-1">
              {[...STRATA, ...strata.filter((each) => !STRATA.some((one) => one.value === each)).map((each) => ({ value: each, label: each }))].map((each) => (
                <label key={each.value} className="flex min-h-6 items-center gap-1.5 text-xs">
                  <input type="checkbox" className="accent-(--accent)" checked={strata.includes(each.value)} onChange={(event) => setStrata((old) => (event.target.checked ? [...old, each.value] : old.filter((one) => one !== each.value)))} />
                  {each.label}
                </label>
              ))}
              <Input aria-label="Attribute of runs" placeholder="attribute, e.g. tenant" className="max-w-44" value={attribute} onChange={(event) => setAttribute(event.target.value)} />
            </div>
          </fieldset>
          {monitor ? <p className="mt-2 text-2xs text-muted">Other strata or another maturity make its figures mean something else: it learns anew.</p> : null}
        </details>
        <Labelled label="Why (kept with the monitor)">{(id) => <Input id={id} maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} />}</Labelled>
        <FailedLine error={save.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={save.isPending || (!monitor && !agent)}>
            {monitor ? "Save" : "Make it"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
