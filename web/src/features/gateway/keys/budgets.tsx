import { useMutation, useQuery } from "@tanstack/react-query";
import { PiggyBank, Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/client/api";
import { Card, Section, Table } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { compact, money, percent } from "@/ui/format";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { notify } from "@/ui/toast";
import { budgetsQuery, limitsQuery, useGatewayChanged, type SpendBudget } from "../queries";
import { BudgetDialog } from "./budget-dialog";
import { LimitDialog } from "./limit-dialog";

const BUDGETS = [{ label: "Budget" }, { label: "Of" }, { label: "Spent" }, { label: "Do", hidden: true }];
const LIMITS = [{ label: "Of" }, { label: "Requests a minute", right: true }, { label: "Tokens a minute", right: true }, { label: "Do", hidden: true }];

/** What may be spent, and how fast calls may come. */
export function Budgets({ project }: { project: string }) {
  const budgets = useQuery(budgetsQuery(project));
  const [open, setOpen] = useState<SpendBudget | "new">();
  return (
    <Section
      title="Budgets"
      about="Reserved before a call, settled after it. One that is enforced refuses what would go beyond it, with an error SDKs do not try again."
      aside={
        <Button onClick={() => setOpen("new")}>
          <Plus className="size-3.5 text-muted" aria-hidden /> New budget
        </Button>
      }
    >
      <Card>
        {budgets.isError ? (
          <Failed what="Budgets" error={budgets.error} retry={() => void budgets.refetch()} />
        ) : budgets.isPending ? (
          <SkeletonRows rows={2} />
        ) : budgets.data.items.length === 0 ? (
          <Empty icon={<PiggyBank />} title="Nothing bounds what is spent" className="py-8">
            <p>A budget holds for the project, an agent, a key or a route, by the day, the month or in all.</p>
          </Empty>
        ) : (
          <Table caption="Budgets" columns={BUDGETS}>
            {budgets.data.items.map((each) => (
              <tr key={each.id}>
                <td>
                  <span className="font-medium">{each.name}</span> {each.enforced ? null : <Badge>warns only</Badge>}
                </td>
                <td className="text-muted">
                  {each.scope} {each.subject}, {each.period === "total" ? "in all" : `a ${each.period}`}
                </td>
                <td className="w-2/5 min-w-44">
                  <Spent budget={each} />
                </td>
                <td className="text-right">
                  <Button onClick={() => setOpen(each)} aria-label={`Edit ${each.name}`}>
                    Edit
                  </Button>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
      {open ? <BudgetDialog project={project} edited={open === "new" ? undefined : open} onClose={() => setOpen(undefined)} /> : null}
      <Limits project={project} />
    </Section>
  );
}

function Spent({ budget }: { budget: SpendBudget }) {
  const { share } = budget;
  const colour = share >= 1 ? "var(--bad-mark)" : share >= 0.8 ? "var(--warn-mark)" : "var(--ok)";
  const said = [budget.usd == null ? "" : `${money(budget.spent_usd)} of ${money(budget.usd)}`, budget.tokens == null ? "" : `${compact(budget.spent_tokens)} of ${compact(budget.tokens)} tokens`].filter(Boolean).join(", ");
  const held = budget.reserved_usd || budget.reserved_tokens ? `; ${budget.usd == null ? `${compact(budget.reserved_tokens)} tokens` : money(budget.reserved_usd)} reserved by calls under way` : "";
  return (
    <span className="flex flex-col gap-1">
      <span role="img" aria-label={`${percent(share)} spent`} className="h-2 w-full overflow-hidden rounded bg-hover">
        <i className="block h-full" style={{ width: `${Math.min(100, share * 100)}%`, background: colour }} />
      </span>
      <span className="num text-2xs text-muted">
        {share >= 1 ? "used up: " : `${percent(share)}, `}
        {said}
        {held} ({budget.period_now})
      </span>
    </span>
  );
}

function Limits({ project }: { project: string }) {
  const limits = useQuery(limitsQuery(project));
  const changed = useGatewayChanged(project);
  const [open, setOpen] = useState(false);
  const remove = useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/gateway/limits/{limit_id}", { params: { path: { limit_id: id }, query: { project } } }),
    onSuccess: changed,
    onError: (error) => notify("The limit was not taken away", error.message),
  });
  return (
    <>
      <div className="flex items-center justify-between">
        <h3 className="text-sm font-semibold">Limits of speed</h3>
        <Button onClick={() => setOpen(true)}>
          <Plus className="size-3.5 text-muted" aria-hidden /> New limit
        </Button>
      </div>
      <Card>
        {limits.isError ? (
          <Failed what="Limits" error={limits.error} retry={() => void limits.refetch()} />
        ) : limits.isPending ? (
          <SkeletonRows rows={1} />
        ) : limits.data.items.length === 0 ? (
          <p className="p-4 text-xs text-muted">None: calls may come as fast as they like.</p>
        ) : (
          <Table caption="Limits of speed" columns={LIMITS}>
            {limits.data.items.map((each) => (
              <tr key={each.id}>
                <td>
                  {each.scope} {each.subject || <span className="text-muted">each by itself</span>}
                </td>
                <td className="num text-right">{compact(each.requests_per_minute)}</td>
                <td className="num text-right">{compact(each.tokens_per_minute)}</td>
                <td className="text-right">
                  <Button disabled={remove.isPending} onClick={() => remove.mutate(each.id)} aria-label={`Remove limit of ${each.scope} ${each.subject}`}>
                    Remove
                  </Button>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
      {open ? <LimitDialog project={project} onClose={() => setOpen(false)} /> : null}
    </>
  );
}
