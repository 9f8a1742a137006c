import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import { Button } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { useGatewayChanged, type SpendBudget } from "../queries";

interface BudgetDialogProps {
  project: string;
  edited: SpendBudget | undefined;
  onClose: () => void;
}

const SCOPES = ["project", "agent", "key", "route"].map((value) => ({ value, label: value }));
const PERIODS = [
  { value: "day", label: "a day" },
  { value: "month", label: "a month" },
  { value: "total", label: "in all" },
];

export function BudgetDialog({ project, edited, onClose }: BudgetDialogProps) {
  const changed = useGatewayChanged(project);
  const [name, setName] = useState(edited?.name ?? "");
  const [scope, setScope] = useState<SpendBudget["scope"]>(edited?.scope ?? "agent");
  const [subject, setSubject] = useState(edited?.subject ?? "");
  const [period, setPeriod] = useState<SpendBudget["period"]>(edited?.period ?? "day");
  const [usd, setUsd] = useState(edited?.usd == null ? "" : String(edited.usd));
  const [tokens, setTokens] = useState(edited?.tokens == null ? "" : String(edited.tokens));
  const [enforced, setEnforced] = useState(edited?.enforced ?? true);
  const [key] = useState(idempotency);
  const done = async (words: string) => {
    await changed();
    notify(words);
    onClose();
  };
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), scope, subject: scope === "project" ? "" : subject.trim(), period, usd: usd === "" ? null : Number(usd), tokens: tokens === "" ? null : Number(tokens), enforced };
      return edited
        ? dataOf(api.PUT("/api/v1/gateway/budgets/{budget_id}", { params: { path: { budget_id: edited.id }, query: { project } }, body }))
        : dataOf(api.POST("/api/v1/gateway/budgets", { params: { query: { project } }, headers: key, body }));
    },
    onSuccess: () => done("Budget saved"),
  });
  const remove = useMutation({ mutationFn: () => api.DELETE("/api/v1/gateway/budgets/{budget_id}", { params: { path: { budget_id: edited?.id ?? "" }, query: { project } } }), onSuccess: () => done("Budget deleted") });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={edited ? `Budget ${edited.name}` : "New budget"}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Labelled label="Name">{(id) => <Input id={id} required value={name} onChange={(event) => setName(event.target.value)} />}</Labelled>
        <div className="grid gap-3 sm:grid-cols-2">
          <Labelled label="Of">{(id) => <Select id={id} label="Of" value={scope} choices={SCOPES} onChange={(value) => setScope(value as SpendBudget["scope"])} />}</Labelled>
          {scope === "project" ? <span /> : <Labelled label="Which">{(id) => <Input id={id} required value={subject} onChange={(event) => setSubject(event.target.value)} />}</Labelled>}
          <Labelled label="USD" hint="Empty: no bound">
            {(id) => <Input id={id} type="number" min={0} step="any" value={usd} onChange={(event) => setUsd(event.target.value)} />}
          </Labelled>
          <Labelled label="Tokens" hint="Empty: no bound">
            {(id) => <Input id={id} type="number" min={0} value={tokens} onChange={(event) => setTokens(event.target.value)} />}
          </Labelled>
          <Labelled label="For how long">{(id) => <Select id={id} label="For how long" value={period} choices={PERIODS} onChange={(value) => setPeriod(value as SpendBudget["period"])} />}</Labelled>
        </div>
        <label className="flex min-h-6 items-center gap-1.5 text-xs">
          <input type="checkbox" className="accent-(--accent)" checked={enforced} onChange={(event) => setEnforced(event.target.checked)} /> refuse what would go beyond it
        </label>
        <FailedLine error={save.error ?? remove.error} />
        <div className="flex justify-between gap-2">
          {edited ? (
            <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
              Delete budget
            </Button>
          ) : (
            <span />
          )}
          <Button type="submit" look="primary" disabled={save.isPending || !name.trim() || (usd === "" && tokens === "")}>
            Save budget
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
