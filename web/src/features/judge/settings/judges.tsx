import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Plus, Scale } from "lucide-react";
import { api } from "@/client/api";
import { useProject } from "@/client/project";
import { Card, Section, Table } from "@/features/settings/section";
import { Warning } from "@/ui/badges";
import { Button, buttonClass } from "@/ui/button";
import { money, percent } from "@/ui/format";
import { Empty, Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { endpointsQuery, judgesQuery, rubricsQuery } from "../queries";
import { JudgeBench } from "./judge-bench";
import { JudgeQuality } from "./judge-quality";

const route = getRouteApi("/shell/settings/$section");

/** Models that judge: what they are asked, how often, at what cost, and how far people agree with them. */
export function Judges() {
  const project = useProject();
  const client = useQueryClient();
  const { open } = route.useSearch();
  const navigate = route.useNavigate();
  const judges = useQuery(judgesQuery(project));
  const endpoints = useQuery(endpointsQuery(project));
  const rubrics = useQuery(rubricsQuery);
  const remove = useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/judges/{judge_id}", { params: { path: { judge_id: id }, query: { project } } }),
    onSuccess: () => client.invalidateQueries({ queryKey: judgesQuery(project).queryKey }),
  });
  const edited = judges.data?.items.find((each) => each.id === open);
  const close = () => void navigate({ search: (old) => ({ ...old, open: undefined }) });
  if (open && endpoints.data && rubrics.data && (open === "new" || edited))
    return (
      <>
        <JudgeBench key={open} project={project} endpoints={endpoints.data.items} rubrics={rubrics.data.items} edited={edited} onClose={close} />
        {edited ? <JudgeQuality project={project} judge={edited} /> : null}
      </>
    );
  const none = endpoints.data?.items.length === 0;
  return (
    <Section
      title="Judges"
      about="Models that are asked about runs: some drawn by chance, and those that detectors point at. Each has a budget a day."
      aside={
        none ? null : (
          <Link to="/settings/$section" params={{ section: "judges" }} search={{ open: "new" }} className={buttonClass("primary")}>
            <Plus className="size-3.5" aria-hidden /> New judge
          </Link>
        )
      }
    >
      <FailedLine error={remove.error ?? endpoints.error ?? rubrics.error} />
      <Card>
        {judges.isError ? (
          <Failed what="Judges" error={judges.error} retry={() => void judges.refetch()} />
        ) : judges.isPending ? (
          <SkeletonRows rows={3} />
        ) : judges.data.items.length === 0 ? (
          <Empty icon={<Scale />} title="No judge yet" className="py-12">
            <p>Every run is judged without a model already. A judge says what detectors cannot: whether the answer is right, safe and to the point.</p>
            {none ? (
              <Link to="/settings/$section" params={{ section: "endpoints" }} className={`${buttonClass()} mt-4`}>
                First, a model endpoint
              </Link>
            ) : null}
          </Empty>
        ) : (
          <Table caption="Judges" columns={[{ label: "Name" }, { label: "Asks" }, { label: "Drawn", right: true }, { label: "Also when found" }, { label: "Spent today", right: true }, { label: "Actions", hidden: true }]}>
            {judges.data.items.map((each) => (
              <tr key={each.id} className={each.enabled ? undefined : "text-muted"}>
                <td className="font-medium">
                  <Link to="/settings/$section" params={{ section: "judges" }} search={{ open: each.id }} className="rounded hover:link">
                    {each.name}
                  </Link>{" "}
                  {each.enabled ? null : <span className="text-2xs font-normal text-muted">off</span>}
                  {each.version === null ? <Warning title="Its endpoint or its rubric is not usable as it is">cannot be asked</Warning> : null}
                </td>
                <td>{endpoints.data?.items.find((one) => one.id === each.endpoint)?.name ?? <span className="text-bad">no endpoint</span>}</td>
                <td className="num text-right">{percent(each.sample_rate)} of runs</td>
                <td className="max-w-56 truncate text-muted" title={each.triggers.join(", ")}>{each.triggers.join(", ").replaceAll("_", " ") || "never"}</td>
                <td className="num text-right whitespace-nowrap">
                  {money(each.spent_today_usd)} <span className="text-faint">of {each.budget_usd_per_day === null ? "no limit" : money(each.budget_usd_per_day)}</span>
                </td>
                <td className="text-right">
                  <Button look="danger" aria-label={`Delete ${each.name}`} title="Scores it gave stay" disabled={remove.isPending} onClick={() => remove.mutate(each.id)}>
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
