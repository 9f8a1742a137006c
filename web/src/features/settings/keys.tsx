import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import { useProject } from "@/client/project";
import type { CreatedKey, Key } from "@/client/types";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { CodeBlock, CopyId } from "@/ui/copy";
import { Input, Labelled } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { Empty, Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { keysQuery } from "./queries";
import { Card, Section, Table } from "./section";

const SCOPES = [
  ["ingest", "send data"],
  ["read", "read runs, sessions and figures"],
  ["admin", "change settings, make keys"],
] as const;
type Scope = (typeof SCOPES)[number][0];

export function Keys() {
  const project = useProject();
  const client = useQueryClient();
  const keys = useQuery(keysQuery(project));
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Key>();
  const refresh = () => client.invalidateQueries({ queryKey: keysQuery(project).queryKey });
  const revoke = useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/projects/{project_id}/keys/{key_id}", { params: { path: { project_id: project, key_id: id } } }),
    onSuccess: async () => {
      setRevoking(undefined);
      await refresh();
    },
  });
  return (
    <Section
      title="Keys"
      about="A key opens this project only, for what its scopes allow. Only its hash is kept: it is shown once."
      aside={
        <Button look="primary" onClick={() => setMaking(true)}>
          <Plus className="size-3.5" aria-hidden /> New key
        </Button>
      }
    >
      <Card>
        {keys.isError ? (
          <Failed what="Keys" error={keys.error} retry={() => void keys.refetch()} />
        ) : keys.isPending ? (
          <SkeletonRows rows={3} />
        ) : keys.data.items.length === 0 ? (
          <Empty icon={<KeyRound />} title="No keys yet" className="py-12">
            Agents on this machine need none, unless the project is set to take data only with a key.
          </Empty>
        ) : (
          <Table caption="Keys" columns={[{ label: "Name" }, { label: "Id" }, { label: "Scopes" }, { label: "Made" }, { label: "Last used" }, { label: "Actions", hidden: true }]}>
            {keys.data.items.map((key) => (
              <tr key={key.id} className={key.revoked_at ? "text-faint" : undefined}>
                <td className="font-medium">{key.name}</td>
                <td>
                  <CopyId id={key.id} full />
                </td>
                <td>
                  <span className="flex gap-1">
                    {key.scopes.map((scope) => (
                      <Badge key={scope}>{scope}</Badge>
                    ))}
                  </span>
                </td>
                <td>
                  <Ago at={key.created_at} />
                </td>
                <td>{key.last_used_at ? <Ago at={key.last_used_at} /> : <span className="text-muted">never, or not recorded</span>}</td>
                <td className="text-right">
                  {key.revoked_at ? (
                    <span>
                      revoked <Ago at={key.revoked_at} />
                    </span>
                  ) : (
                    <Button look="danger" onClick={() => setRevoking(key)}>
                      Revoke
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
      {making ? <NewKey project={project} onClose={() => setMaking(false)} onMade={() => void refresh()} /> : null}
      <Dialog open={revoking !== undefined} onOpenChange={(open) => !open && setRevoking(undefined)} title={`Revoke “${revoking?.name ?? ""}”?`} description="Whatever uses it is refused from now on. This cannot be undone.">
        <div className="flex flex-col gap-3">
          <FailedLine error={revoke.error} />
          <Button look="danger" className="self-end" disabled={revoke.isPending} onClick={() => revoking && revoke.mutate(revoking.id)}>
            Revoke key
          </Button>
        </div>
      </Dialog>
    </Section>
  );
}

function NewKey({ project, onClose, onMade }: { project: string; onClose: () => void; onMade: () => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(["ingest"]);
  const [made, setMade] = useState<CreatedKey>();
  // One key for this dialog: pressing twice makes one.
  const [header] = useState(idempotency);
  const make = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/projects/{project_id}/keys", { params: { path: { project_id: project }, header }, body: { name: name.trim(), scopes: [...scopes] } })),
    onSuccess: (key) => {
      setMade(key);
      onMade();
    },
  });
  if (made?.secret)
    return (
      <Dialog open onOpenChange={(open) => !open && onClose()} title="Copy the key now" description="It is not kept, and cannot be shown again." width="max-w-xl">
        <div className="flex flex-col gap-3">
          <CodeBlock code={made.secret} title={made.name} wrap />
          {scopes.includes("ingest") ? <CodeBlock code={`export OTEL_EXPORTER_OTLP_HEADERS="x-api-key=${made.secret}"`} title="Environment of the agent" wrap /> : null}
          <Button look="primary" className="self-end" onClick={onClose}>
            I have copied it
          </Button>
        </div>
      </Dialog>
    );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="New key">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Labelled label="Name" hint="Who or what uses it.">
          {(id) => <Input id={id} value={name} maxLength={200} placeholder="refund-desk, production" onChange={(event) => setName(event.target.value)} />}
        </Labelled>
        <fieldset>
          <legend className="mb-1 text-xs font-medium">It may</legend>
          {SCOPES.map(([scope, words]) => (
            <label key={scope} className="flex h-7 items-center gap-2 text-xs">
              <input
                type="checkbox"
                className="accent-(--accent)"
                checked={scopes.includes(scope)}
                onChange={(event) => setScopes(event.target.checked ? [...scopes, scope] : scopes.filter((each) => each !== scope))}
              />
              <span className="font-medium">{scope}</span> <span className="text-muted">{words}</span>
            </label>
          ))}
        </fieldset>
        <FailedLine error={make.error} />
        <Button type="submit" look="primary" className="self-end" disabled={!name.trim() || scopes.length === 0 || make.isPending}>
          Make key
        </Button>
      </form>
    </Dialog>
  );
}
