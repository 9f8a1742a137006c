import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import { Card, Section, Table } from "@/features/settings/section";
import { Button } from "@/ui/button";
import { Input } from "@/ui/form";
import { Empty, Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { notify } from "@/ui/toast";
import { grantsQuery } from "./queries";

const COLUMNS = [{ label: "Agent" }, { label: "May call" }, { label: "Since" }, { label: "Do", hidden: true }];

/** Which agent may call which tools: an agent sees no other. */
export function Grants({ project }: { project: string }) {
  const client = useQueryClient();
  const grants = useQuery(grantsQuery(project));
  const [agent, setAgent] = useState("");
  const [release, setRelease] = useState("");
  const [pattern, setPattern] = useState("");
  const changed = () => client.invalidateQueries({ queryKey: ["tool-grants", project] });
  const add = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/tool-grants", { params: { query: { project } }, headers: idempotency(), body: { agent: agent.trim(), release: release.trim(), pattern: pattern.trim() } })),
    onSuccess: async () => {
      setPattern("");
      await changed();
    },
  });
  const remove = useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/tool-grants/{grant_id}", { params: { path: { grant_id: id }, query: { project } } }),
    onSuccess: changed,
    onError: (error) => notify("The grant was not taken back", error.message),
  });
  return (
    <Section title="Grants" about="An agent is offered the tools it was granted, and no other: crm.find_customer, or crm.* for all of a system. A change holds within a second.">
      <Card>
        {grants.isError ? (
          <Failed what="Grants" error={grants.error} retry={() => void grants.refetch()} />
        ) : grants.isPending ? (
          <SkeletonRows rows={2} />
        ) : grants.data.items.length === 0 ? (
          <Empty icon={<KeyRound />} title="No agent may call a tool yet" className="py-8">
            <p>Grant one below.</p>
          </Empty>
        ) : (
          <Table caption="Grants of tools" columns={COLUMNS}>
            {grants.data.items.map((each) => (
              <tr key={each.id}>
                <td>
                  <span className="font-medium">{each.agent}</span>
                  {each.release ? <span className="text-muted"> {each.release}</span> : null}
                </td>
                <td>
                  <code className="font-mono text-2xs">{each.pattern}</code>
                </td>
                <td className="text-muted">
                  <Ago at={each.created} /> {each.by ? `by ${each.by}` : ""}
                </td>
                <td className="text-right">
                  <Button disabled={remove.isPending} onClick={() => remove.mutate(each.id)} aria-label={`Take ${each.pattern} from ${each.agent}`}>
                    Take back
                  </Button>
                </td>
              </tr>
            ))}
          </Table>
        )}
        <form
          className="flex flex-wrap items-center gap-2 border-t border-line px-4 py-3"
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate();
          }}
        >
          <Input className="max-w-40" required aria-label="Agent" placeholder="agent" value={agent} onChange={(event) => setAgent(event.target.value)} />
          <Input className="max-w-32" aria-label="Release" placeholder="any release" value={release} onChange={(event) => setRelease(event.target.value)} />
          <Input className="max-w-52 font-mono" required aria-label="Tools" placeholder="crm.*" value={pattern} onChange={(event) => setPattern(event.target.value)} />
          <Button type="submit" look="primary" disabled={add.isPending || !agent.trim() || pattern.trim().length < 3}>
            Grant
          </Button>
          <FailedLine error={add.error} />
        </form>
      </Card>
    </Section>
  );
}
