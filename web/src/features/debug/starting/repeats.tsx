import { Input, Labelled } from "@/ui/form";

/** How often: an agent that varies is known by several. */
export function Repeats({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return <Labelled label="Times" className="w-24">{(id) => <Input id={id} type="number" min={1} max={50} value={value} onChange={(event) => onChange(event.target.value)} />}</Labelled>;
}

export const timesOf = (typed: string): number => Math.max(1, Math.round(Number(typed)) || 1);
