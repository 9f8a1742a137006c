import { useQuery } from "@tanstack/react-query";
import { Building2, Plus } from "lucide-react";
import { useState } from "react";
import { Card, Section, Table } from "@/features/settings/section";
import { Badge, Warning } from "@/ui/badges";
import { Button } from "@/ui/button";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { presetsQuery, providersQuery, type Provider } from "../queries";
import { ProviderDialog } from "./provider-dialog";

const COLUMNS = [{ label: "Provider" }, { label: "Address" }, { label: "Key" }, { label: "Used by" }, { label: "Do", hidden: true }];

/** Who serves models: a known provider, or any server that speaks one of the dialects. */
export function Providers({ project }: { project: string }) {
  const providers = useQuery(providersQuery(project));
  const presets = useQuery(presetsQuery(project));
  const [open, setOpen] = useState<Provider | "new">();
  return (
    <Section
      title="Providers"
      about="Who serves the models. Keys are sealed, put into calls by the gateway alone, and never shown again."
      aside={
        <Button onClick={() => setOpen("new")}>
          <Plus className="size-3.5 text-muted" aria-hidden /> New provider
        </Button>
      }
    >
      <Card>
        {providers.isError ? (
          <Failed what="Providers" error={providers.error} retry={() => void providers.refetch()} />
        ) : providers.isPending ? (
          <SkeletonRows rows={2} />
        ) : providers.data.items.length === 0 ? (
          <Empty icon={<Building2 />} title="No provider yet" className="py-8">
            <p>OpenAI, Anthropic, Gemini and others are known; so are vLLM, llama.cpp and Ollama on your own machines.</p>
            <Button look="primary" className="mt-4" onClick={() => setOpen("new")}>
              Add a provider
            </Button>
          </Empty>
        ) : (
          <Table caption="Providers" columns={COLUMNS}>
            {providers.data.items.map((each) => (
              <tr key={each.name}>
                <td>
                  <span className="font-medium">{each.name}</span> {each.allow_private ? <Badge title="Its address may be in a private network">private network</Badge> : null}
                </td>
                <td className="font-mono text-2xs">{[...new Set(Object.values(each.bases))].join(", ")}</td>
                <td>{each.key_variable ? <span className="text-muted">from {each.key_variable}</span> : each.has_key ? <span className="text-muted">sealed</span> : each.allow_private ? <span className="text-muted">none</span> : <Warning>no key</Warning>}</td>
                <td className="text-muted">{each.routes.length ? each.routes.join(", ") : "no route"}</td>
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
      {open ? <ProviderDialog project={project} edited={open === "new" ? undefined : open} presets={presets.data?.items ?? []} onClose={() => setOpen(undefined)} /> : null}
    </Section>
  );
}
