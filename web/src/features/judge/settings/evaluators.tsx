import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Plus, Ruler } from "lucide-react";
import { api, dataOf } from "@/client/api";
import { useProject } from "@/client/project";
import { Card, Section, Table } from "@/features/settings/section";
import { Button, buttonClass } from "@/ui/button";
import { Switch } from "@/ui/form";
import { Empty, Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { evaluatorsQuery, kindsQuery } from "../queries";
import type { Evaluator } from "../types";
import { EvaluatorEditor } from "./evaluator-editor";

const route = getRouteApi("/shell/settings/$section");

/** Checks in code that give scores: what a right answer holds, which tools it may use, how long it may take. */
export function Evaluators() {
  const project = useProject();
  const client = useQueryClient();
  const { open } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useQuery(evaluatorsQuery(project));
  const kinds = useQuery(kindsQuery);
  const refresh = () => client.invalidateQueries({ queryKey: evaluatorsQuery(project).queryKey });
  const close = () => void navigate({ search: (old) => ({ ...old, open: undefined }) });
  const turn = useMutation({
    mutationFn: ({ id, name, kind, config, agents, enabled }: Evaluator) =>
      dataOf(api.PUT("/api/v1/evaluators/{evaluator_id}", { params: { path: { evaluator_id: id }, query: { project } }, body: { name, kind, config, agents, enabled: !enabled } })),
    onSuccess: refresh,
  });
  const remove = useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/evaluators/{evaluator_id}", { params: { path: { evaluator_id: id }, query: { project } } }),
    onSuccess: refresh,
  });
  const edited = list.data?.items.find((each) => each.id === open);
  if (open && kinds.data && (open === "new" || edited)) return <EvaluatorEditor key={open} project={project} kinds={kinds.data.items} edited={edited} onClose={close} />;
  return (
    <Section
      title="Evaluators"
      about="Checks in code, without a model. Each gives every settled run a score between 0 and 1."
      aside={
        <Link to="/settings/$section" params={{ section: "evaluators" }} search={{ open: "new" }} className={buttonClass("primary")}>
          <Plus className="size-3.5" aria-hidden /> New evaluator
        </Link>
      }
    >
      <FailedLine error={turn.error ?? remove.error ?? kinds.error} />
      <Card>
        {list.isError ? (
          <Failed what="Evaluators" error={list.error} retry={() => void list.refetch()} />
        ) : list.isPending ? (
          <SkeletonRows rows={4} />
        ) : list.data.items.length === 0 ? (
          <Empty icon={<Ruler />} title="No evaluator yet" className="py-12">
            A pattern the answer must hold, tools it must call, a number within a tolerance, a time it must keep: try one on your recent runs before it is saved.
          </Empty>
        ) : (
          <Table caption="Evaluators" columns={[{ label: "On" }, { label: "Name" }, { label: "Kind" }, { label: "Agents" }, { label: "Changed" }, { label: "Actions", hidden: true }]}>
            {list.data.items.map((each) => (
              <tr key={each.id}>
                <td>
                  <Switch checked={each.enabled} onChange={() => turn.mutate(each)} label={`${each.name}: on`} />
                </td>
                <td className="font-medium">
                  <Link to="/settings/$section" params={{ section: "evaluators" }} search={{ open: each.id }} className="rounded hover:link">
                    {each.name}
                  </Link>
                </td>
                <td>{kinds.data?.items.find((kind) => kind.kind === each.kind)?.title ?? each.kind}</td>
                <td className="text-muted">{each.agents.join(", ") || "all"}</td>
                <td>
                  <Ago at={each.updated_at} />
                </td>
                <td className="text-right">
                  <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate(each.id)} aria-label={`Delete ${each.name}`} title="Scores it gave stay">
                    Delete
                  </Button>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
    </Section>
  );
}
