import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Radio } from "lucide-react";
import { useState } from "react";
import { api } from "@/client/api";
import { Card, Section, Table } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { percent } from "@/ui/format";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { notify } from "@/ui/toast";
import { LiveDrillDialog } from "./live-drill-dialog";
import { faultsQuery, liveDrillsQuery } from "./queries";

const COLUMNS = [{ label: "Agent" }, { label: "Faults" }, { label: "Share of runs", right: true }, { label: "Applied", right: true }, { label: "State" }, { label: "Do", hidden: true }];

/** Faults in a share of live traffic, behind a switch. */
export function LiveDrills({ project }: { project: string }) {
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const live = useQuery(liveDrillsQuery(project));
  const faults = useQuery(faultsQuery(project));
  const stop = useMutation({
    mutationFn: (id: string) => api.POST("/api/v1/live-drills/{live_id}/stop", { params: { path: { live_id: id }, query: { project } } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["live-drills", project] }),
    onError: (error) => notify("It was not switched off", error.message),
  });
  const titles = new Map((faults.data?.items ?? []).map((each) => [each.name, each.title]));
  return (
    <Section
      title="Live, on canary traffic"
      about="Off unless somebody switches it on. Real users meet these faults: it ends by itself at its time, after its count, and as soon as the agent has an incident."
      aside={<Button onClick={() => setOpen(true)}>Switch one on</Button>}
    >
      <Card>
        {live.isError ? (
          <Failed what="Live drills" error={live.error} retry={() => void live.refetch()} />
        ) : live.isPending ? (
          <SkeletonRows rows={2} />
        ) : live.data.items.length === 0 ? (
          <Empty icon={<Radio />} title="No faults in live traffic" className="py-8">
            <p>Nothing is being broken on purpose.</p>
          </Empty>
        ) : (
          <Table caption="Live drills" columns={COLUMNS}>
            {live.data.items.map((each) => (
              <tr key={each.id}>
                <td>
                  <span className="font-medium">{each.agent}</span>
                  <span className="block text-2xs text-muted">
                    {each.kind} calls{each.target ? ` to ${each.target}` : ""}
                  </span>
                </td>
                <td>{each.faults.map((fault) => titles.get(fault) ?? fault).join(", ")}</td>
                <td className="num text-right">{percent(each.share)}</td>
                <td className="num text-right">
                  {each.applied} of {each.most}
                </td>
                <td>
                  {each.on ? (
                    <Badge tone="warn">
                      on, ends <Ago at={each.ends_at} />
                    </Badge>
                  ) : (
                    <span className="text-muted">off: {each.stopped_why}</span>
                  )}
                </td>
                <td className="text-right">
                  {each.on ? (
                    <Button look="danger" disabled={stop.isPending} onClick={() => stop.mutate(each.id)} aria-label={`Switch off ${each.agent}`}>
                      Switch off
                    </Button>
                  ) : null}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
      {open ? <LiveDrillDialog project={project} faults={faults.data?.items ?? []} onClose={() => setOpen(false)} /> : null}
    </Section>
  );
}
