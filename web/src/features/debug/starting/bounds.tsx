import { Input, Labelled, Select } from "@/ui/form";
import { usualReruns } from "../progress/bounds";
import { draftOf, NO_BUDGET, number, readDraft, type Draft } from "../progress/raised";
import type { Budget } from "../types";

export interface BoundsDraft extends Draft {
  confidence: string;
  at_once: string;
}

export const NO_BOUNDS: BoundsDraft = { ...draftOf(NO_BUDGET), confidence: "0.9", at_once: "1" };

export function readBounds(bounds: BoundsDraft): { budget: Budget; confidence: number; concurrency: number } {
  return {
    budget: readDraft(bounds),
    confidence: Number(bounds.confidence),
    concurrency: Math.max(1, number(bounds.at_once) ?? 1),
  };
}

const LEVELS = ["0.8", "0.9", "0.95", "0.99"].map((value) => ({ value, label: `${Math.round(Number(value) * 100)} %` }));

/** How sure it is to be, and how much that may cost; it stops where either is reached. */
export function Bounds({ bounds, onChange, steps }: { bounds: BoundsDraft; onChange: (bounds: BoundsDraft) => void; steps: number }) {
  const set = (next: Partial<BoundsDraft>) => onChange({ ...bounds, ...next });
  const least = usualReruns(steps);
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 text-xs font-medium">How sure, and for how much</legend>
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-5">
        <Labelled label="Sure to">{(id) => <Select id={id} label="Sure to" value={bounds.confidence} choices={LEVELS} onChange={(confidence) => set({ confidence })} />}</Labelled>
        <Labelled label="Reruns at most">{(id) => <Input id={id} type="number" min={1} max={1000} value={bounds.reruns} onChange={(event) => set({ reruns: event.target.value })} />}</Labelled>
        <Labelled label="USD at most">{(id) => <Input id={id} type="number" min={0} step="any" placeholder="no bound" value={bounds.usd} onChange={(event) => set({ usd: event.target.value })} />}</Labelled>
        <Labelled label="Minutes at most">{(id) => <Input id={id} type="number" min={1} step="any" placeholder="no bound" value={bounds.seconds} onChange={(event) => set({ seconds: event.target.value })} />}</Labelled>
        <Labelled label="At a time">{(id) => <Input id={id} type="number" min={1} max={64} value={bounds.at_once} onChange={(event) => set({ at_once: event.target.value })} />}</Labelled>
      </div>
      <p className="mt-1 text-2xs text-muted">
        An agent that always does the same takes at most {least} reruns for {steps} {steps === 1 ? "step" : "steps"}; one that varies takes more.
      </p>
    </fieldset>
  );
}
