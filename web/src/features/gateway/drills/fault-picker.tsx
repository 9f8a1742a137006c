import type { components } from "@/client/schema";

type Fault = components["schemas"]["FaultView"];

interface FaultPickerProps {
  faults: readonly Fault[];
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
}

/** Which faults, each with what the agent will get. */
export function FaultPicker({ faults, chosen, onChange }: FaultPickerProps) {
  const flip = (name: string) => {
    const next = new Set(chosen);
    if (!next.delete(name)) next.add(name);
    onChange(next);
  };
  return (
    <fieldset className="rounded-md border border-line p-3">
      <legend className="px-1 text-xs font-medium">Faults</legend>
      <div className="grid gap-x-4 sm:grid-cols-2">
        {faults.map((each) => (
          <label key={each.name} className="flex min-h-6 items-start gap-1.5 py-0.5 text-xs" title={each.what}>
            <input type="checkbox" className="mt-0.5 accent-(--accent)" checked={chosen.has(each.name)} onChange={() => flip(each.name)} />
            <span>
              {each.title} <span className="text-2xs text-muted">{each.at.join(", ")}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
