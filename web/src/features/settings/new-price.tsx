import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import { Button } from "@/ui/button";
import { Input, Labelled } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";

const AMOUNTS = [
  ["input", "Input", true],
  ["output", "Output", true],
  ["cache_read", "Cache read", false],
  ["cache_write", "Cache write", false],
  ["reasoning", "Reasoning", false],
] as const;
type Amount = (typeof AMOUNTS)[number][0];

export function NewPrice({ project, onClose, onMade }: { project: string; onClose: () => void; onMade: () => void }) {
  const [model, setModel] = useState("");
  const [day, setDay] = useState(() => new Date().toISOString().slice(0, 10));
  const [above, setAbove] = useState("");
  const [amounts, setAmounts] = useState<Partial<Record<Amount, string>>>({});
  const [header] = useState(idempotency);
  const value = (name: Amount) => {
    const text = amounts[name]?.trim();
    return text ? Number(text) : null;
  };
  const make = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST("/api/v1/prices", {
          params: { query: { project }, header },
          body: {
            model: model.trim(),
            from_day: day,
            above_input_tokens: above.trim() ? Number(above) : 0,
            input_usd_per_mtok: value("input") ?? 0,
            output_usd_per_mtok: value("output") ?? 0,
            cache_read_usd_per_mtok: value("cache_read"),
            cache_write_usd_per_mtok: value("cache_write"),
            reasoning_usd_per_mtok: value("reasoning"),
          },
        }),
      ),
    onSuccess: onMade,
  });
  const ready = model.trim() && day && AMOUNTS.every(([name, , needed]) => !needed || amounts[name]?.trim());
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="New price" description="USD per million tokens. Holds for model calls from this day on (UTC), until a later price of the same model.">
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <div className="grid grid-cols-[1fr_9rem] gap-3">
          <Labelled label="Model" hint="Exact, or the beginning with * after it.">
            {(id) => <Input id={id} value={model} placeholder="gpt-5.2-mini*" onChange={(event) => setModel(event.target.value)} />}
          </Labelled>
          <Labelled label="From">{(id) => <Input id={id} type="date" value={day} onChange={(event) => setDay(event.target.value)} />}</Labelled>
        </div>
        <div className="grid grid-cols-3 gap-3">
          {AMOUNTS.map(([name, label, needed]) => (
            <Labelled key={name} label={label} hint={needed ? undefined : "empty: list price"}>
              {(id) => (
                <Input id={id} type="number" min={0} max={1_000_000} step="any" inputMode="decimal" value={amounts[name] ?? ""} onChange={(event) => setAmounts({ ...amounts, [name]: event.target.value })} />
              )}
            </Labelled>
          ))}
        </div>
        <Labelled label="Only for long inputs" hint="Where a model costs more above some number of input tokens: that number. Empty: this is its ordinary price.">
          {(id) => <Input id={id} type="number" min={0} max={100_000_000} step={1} placeholder="200000" className="w-40" value={above} onChange={(event) => setAbove(event.target.value)} />}
        </Labelled>
        <FailedLine error={make.error} />
        <Button type="submit" look="primary" className="self-end" disabled={!ready || make.isPending}>
          Save price
        </Button>
      </form>
    </Dialog>
  );
}
