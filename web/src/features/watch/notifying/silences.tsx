import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { BellOff, Plus } from "lucide-react";
import { api, dataOf } from "@/client/api";
import { useProject } from "@/client/project";
import { Card, Section, Table } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { count } from "@/ui/format";
import { Empty, Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { Instant } from "@/ui/time";
import { silencesQuery, type Silence } from "./queries";
import { SilenceDialog } from "./silence-dialog";

const route = getRouteApi("/shell/settings/$section");
const COLUMNS = [{ label: "Covers alarms where" }, { label: "When" }, { label: "Why" }, { label: "Covered", right: true }, { label: "Do", hidden: true }];

export const matcherWords = ({ field, op, value }: Silence["matchers"][number]): string => `${field} ${op === "=" ? "is" : op === "!=" ? "is not" : "is like"} ${value}`;

/** Times in which some alarms tell nobody; they are recorded and shown all the same. */
export function Silences() {
  const project = useProject();
  const client = useQueryClient();
  const { open } = route.useSearch();
  const navigate = route.useNavigate();
  const onOpen = (id: string | undefined) => void navigate({ search: (old) => ({ ...old, open: id }), replace: true, resetScroll: false });
  const silences = useQuery({ ...silencesQuery(project, true), refetchInterval: 60_000 });
  const end = useMutation({
    mutationFn: (id: string) => dataOf(api.POST("/api/v1/silences/{silence_id}/end", { params: { path: { silence_id: id }, query: { project } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["silences", project] }),
  });
  return (
    <Section
      title="Silences and maintenance windows"
      about="Alarms that fit tell nobody while one holds. They still open incidents, which say that they were silenced."
      aside={
        <Button look="primary" onClick={() => onOpen("new")}>
          <Plus className="size-3.5" aria-hidden /> New silence
        </Button>
      }
    >
      <FailedLine error={end.error} />
      <Card>
        {silences.isError ? (
          <Failed what="Silences" error={silences.error} retry={() => void silences.refetch()} />
        ) : silences.isPending ? (
          <SkeletonRows rows={3} />
        ) : silences.data.items.length === 0 ? (
          <Empty icon={<BellOff />} title="Nothing is silenced">
            <p>Plan a window before you take an agent or its upstream down, so that nobody is woken for it.</p>
          </Empty>
        ) : (
          <Table caption="Silences" columns={COLUMNS}>
            {silences.data.items.map((silence) => {
              const over = Date.parse(silence.end) <= silences.dataUpdatedAt;
              return (
                <tr key={silence.id} className={over ? "text-muted" : undefined}>
                  <td>
                    {silence.matchers.length ? silence.matchers.map(matcherWords).join(" and ") : "anything"}
                    <span className="mt-0.5 flex gap-1">
                      {silence.active ? <Badge tone="warn">holds now</Badge> : over ? <Badge>over</Badge> : <Badge tone="accent">to come</Badge>}
                      {silence.maintenance ? <Badge>maintenance</Badge> : null}
                    </span>
                  </td>
                  <td className="num">
                    <Instant at={silence.start} />
                    <span className="block">
                      to <Instant at={silence.end} />
                    </span>
                  </td>
                  <td className="max-w-64">
                    {silence.reason} <span className="block text-2xs text-muted">{silence.by}</span>
                  </td>
                  <td className="num text-right">{count(silence.alarms)}</td>
                  <td className="text-right whitespace-nowrap">
                    {over ? null : (
                      <Button disabled={end.isPending} onClick={() => end.mutate(silence.id)}>
                        {silence.active ? "End now" : "Cancel"}
                      </Button>
                    )}
                  </td>
                </tr>
              );
            })}
          </Table>
        )}
      </Card>
      {open === "new" ? <SilenceDialog project={project} onClose={() => onOpen(undefined)} /> : null}
    </Section>
  );
}
