import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plug, Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/client/api";
import { useProject } from "@/client/project";
import { Card, Section, Table } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { money, UNKNOWN } from "@/ui/format";
import { Empty, Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { endpointsQuery } from "../queries";
import type { Endpoint } from "../types";
import { Embedding } from "./embedding";
import { EndpointDialog } from "./endpoint-dialog";

/** Where model judges ask. Keys go in and never come out. */
export function Endpoints() {
  const project = useProject();
  const client = useQueryClient();
  const endpoints = useQuery(endpointsQuery(project));
  const [edited, setEdited] = useState<Endpoint | "new">();
  const remove = useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/model-endpoints/{endpoint_id}", { params: { path: { endpoint_id: id }, query: { project } } }),
    onSuccess: () => client.invalidateQueries({ queryKey: endpointsQuery(project).queryKey }),
  });
  return (
    <Section
      title="Model endpoints"
      about="Where judges ask: any OpenAI- or Anthropic-shaped server, a local one too. A key is sealed before it is kept, and never shown again."
      aside={
        <Button look="primary" onClick={() => setEdited("new")}>
          <Plus className="size-3.5" aria-hidden /> New endpoint
        </Button>
      }
    >
      <FailedLine error={remove.error} />
      <Card>
        {endpoints.isError ? (
          <Failed what="Model endpoints" error={endpoints.error} retry={() => void endpoints.refetch()} />
        ) : endpoints.isPending ? (
          <SkeletonRows rows={3} />
        ) : endpoints.data.items.length === 0 ? (
          <Empty icon={<Plug />} title="No model endpoint yet" className="py-12">
            Detectors and evaluators need none. A judge needs one: a hosted model, or a small one on this machine.
          </Empty>
        ) : (
          <Table caption="Model endpoints" columns={[{ label: "Name" }, { label: "Model" }, { label: "Address" }, { label: "Key" }, { label: "USD per M tokens", right: true }, { label: "Actions", hidden: true }]}>
            {endpoints.data.items.map((each) => (
              <tr key={each.id}>
                <td className="font-medium">{each.name}</td>
                <td className="font-mono text-2xs">{each.model}</td>
                <td className="max-w-56 truncate" title={each.base_url}>
                  {each.base_url} {each.allow_private ? <Badge title="Loopback and private addresses may be connected to">private</Badge> : null}
                </td>
                <td>
                  {each.has_key ? (
                    <span className="flex items-center gap-1">
                      <KeyRound className="size-3.5 text-muted" aria-hidden /> set
                    </span>
                  ) : (
                    <span className="text-faint">none</span>
                  )}
                </td>
                <td className="num text-right" title="In, out">
                  {each.input_usd_per_mtok === null && each.output_usd_per_mtok === null ? (
                    <span className="text-muted">the price list’s</span>
                  ) : (
                    `${each.input_usd_per_mtok === null ? UNKNOWN : money(each.input_usd_per_mtok)} · ${each.output_usd_per_mtok === null ? UNKNOWN : money(each.output_usd_per_mtok)}`
                  )}
                </td>
                <td>
                  <span className="flex justify-end gap-2">
                    <Button aria-label={`Edit ${each.name}`} onClick={() => setEdited(each)}>
                      Edit
                    </Button>
                    <Button look="danger" aria-label={`Delete ${each.name}`} disabled={remove.isPending} onClick={() => remove.mutate(each.id)}>
                      Delete
                    </Button>
                  </span>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
      {endpoints.data ? <Embedding project={project} endpoints={endpoints.data.items} /> : null}
      {edited ? <EndpointDialog project={project} edited={edited === "new" ? undefined : edited} onClose={() => setEdited(undefined)} /> : null}
    </Section>
  );
}
