import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Card } from "@/features/settings/section";
import { Button } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { FailedLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { useContractsChanged, type ContractDetail, type Terms } from "./queries";

const NUMBERS = [
  { name: "max_age_s", label: "Data at most so old, s", hint: "Freshness: older is stale" },
  { name: "latency_ms", label: "Answers within, ms", hint: "Latency budget" },
  { name: "max_bytes", label: "Result at most, bytes", hint: "As JSON" },
  { name: "empty_rate", label: "Share that may be empty", hint: "Of 1; more is an alarm" },
] as const;

const REPEATS = [
  { value: "", label: "As the connector says" },
  { value: "yes", label: "May be tried again" },
  { value: "no", label: "Never twice" },
];

/** What a tool is held to besides its shapes. */
export function TermsForm({ project, contract }: { project: string; contract: ContractDetail }) {
  const changed = useContractsChanged(project);
  const [terms, setTerms] = useState<Terms>(contract.terms);
  const set = (next: Partial<Terms>) => setTerms((old) => ({ ...old, ...next }));
  const save = useMutation({
    mutationFn: () => dataOf(api.PATCH("/api/v1/contracts/{connector}/{tool}", { params: { path: { connector: contract.connector, tool: contract.tool }, query: { project } }, body: { terms } })),
    onSuccess: async () => {
      await changed();
      notify("Terms saved", "They hold within a second.");
    },
  });
  const repeat = terms.idempotent == null ? "" : terms.idempotent ? "yes" : "no";
  return (
    <section aria-label="Terms">
      <h2 className="mb-2 text-sm font-semibold">Held to, besides</h2>
      <Card className="p-4">
        <form
          className="flex flex-col gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate();
          }}
        >
          <div className="grid gap-3 sm:grid-cols-2 md:grid-cols-3">
            {NUMBERS.map(({ name, label, hint }) => (
              <Labelled key={name} label={label} hint={hint}>
                {(id) => <Input id={id} type="number" min={0} step="any" placeholder="nothing demanded" value={terms[name] ?? ""} onChange={(event) => set({ [name]: event.target.value === "" ? null : Number(event.target.value) })} />}
              </Labelled>
            ))}
            <Labelled label="Field that says how old" hint="In the result; empty: the connector says">
              {(id) => <Input id={id} value={terms.age_field} placeholder="updated_at" onChange={(event) => set({ age_field: event.target.value })} />}
            </Labelled>
            <Labelled label="Calling it twice">
              {(id) => <Select id={id} label="Calling it twice" value={repeat} choices={REPEATS} onChange={(value) => set({ idempotent: value === "" ? null : value === "yes" })} />}
            </Labelled>
          </div>
          <label className="flex min-h-6 items-center gap-1.5 text-xs">
            <input type="checkbox" className="accent-(--accent)" checked={terms.refuse_changed} onChange={(event) => set({ refuse_changed: event.target.checked })} /> where enforced, refuse calls while the tool describes itself otherwise than was pinned
          </label>
          <FailedLine error={save.error} />
          <Button type="submit" className="self-start" disabled={save.isPending || JSON.stringify(terms) === JSON.stringify(contract.terms)}>
            Save terms
          </Button>
        </form>
      </Card>
    </section>
  );
}
