import { useMutation, useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import type { components } from "@/client/schema";
import { Card, Section, Table } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { notify } from "@/ui/toast";
import { gatewayKeysQuery, useGatewayChanged, type GatewayKey } from "../queries";
import { KeyDialog } from "./key-dialog";
import { MadeKey } from "./made-key";

const COLUMNS = [{ label: "Key" }, { label: "Agent" }, { label: "May ask for" }, { label: "Made" }, { label: "Do", hidden: true }];

/** What agents show at the gateway: each key says whose calls they are. */
export function Keys({ project }: { project: string }) {
  const keys = useQuery(gatewayKeysQuery(project));
  const changed = useGatewayChanged(project);
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<components["schemas"]["MadeGatewayKey"]>();
  const rotate = useMutation({
    mutationFn: (id: string) => dataOf(api.POST("/api/v1/gateway/keys/{key_id}/rotate", { params: { path: { key_id: id }, query: { project } }, body: { overlap_s: 3600 } })),
    onSuccess: async (next) => {
      await changed();
      setMade(next);
    },
    onError: (error) => notify("The key was not rotated", error.message),
  });
  const revoke = useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/gateway/keys/{key_id}", { params: { path: { key_id: id }, query: { project } } }),
    onSuccess: async () => {
      await changed();
      notify("Key revoked", "Calls with it are refused within two seconds.");
    },
    onError: (error) => notify("The key was not revoked", error.message),
  });
  return (
    <Section
      title="Keys of agents"
      about="An agent shows its key in place of a provider’s, and its calls are its own from then on. Only a hash is kept; a key that is rotated works for another hour."
      aside={
        <Button look="primary" onClick={() => setAdding(true)}>
          <Plus className="size-3.5" aria-hidden /> New key
        </Button>
      }
    >
      {made ? <MadeKey made={made} onClose={() => setMade(undefined)} /> : null}
      <Card>
        {keys.isError ? (
          <Failed what="Keys" error={keys.error} retry={() => void keys.refetch()} />
        ) : keys.isPending ? (
          <SkeletonRows rows={2} />
        ) : keys.data.items.length === 0 ? (
          <Empty icon={<KeyRound />} title="No agent has a key yet" className="py-8">
            <p>Without one the gateway answers nobody.</p>
          </Empty>
        ) : (
          <Table caption="Keys of agents" columns={COLUMNS}>
            {keys.data.items.map((each) => (
              <Row key={each.id} held={each} busy={rotate.isPending || revoke.isPending} onRotate={() => rotate.mutate(each.id)} onRevoke={() => revoke.mutate(each.id)} />
            ))}
          </Table>
        )}
      </Card>
      {adding ? (
        <KeyDialog
          project={project}
          onClose={() => setAdding(false)}
          onMade={(next) => {
            setAdding(false);
            setMade(next);
          }}
        />
      ) : null}
    </Section>
  );
}

interface RowProps {
  held: GatewayKey;
  busy: boolean;
  onRotate: () => void;
  onRevoke: () => void;
}

function Row({ held, busy, onRotate, onRevoke }: RowProps) {
  const [sure, setSure] = useState(false);
  return (
    <tr className={held.revoked_at ? "text-faint" : undefined}>
      <td>
        <span className="font-medium">{held.name}</span> {held.revoked_at ? <Badge tone="warn">revoked</Badge> : null}
        {held.secrets.length > 1 ? <Badge title="The secret before it still works for a while">{held.secrets.length} secrets</Badge> : null}
        <span className="block font-mono text-2xs text-muted">rw_{held.secrets[0]?.id ?? held.id}_…</span>
      </td>
      <td>
        {held.agent} {held.release ?? ""}
      </td>
      <td className="text-muted">{held.routes.length ? held.routes.join(", ") : "every route"}</td>
      <td className="text-muted">
        <Ago at={held.created_at} />
      </td>
      <td className="text-right whitespace-nowrap">
        {held.revoked_at ? null : sure ? (
          <>
            <Button look="danger" disabled={busy} onClick={onRevoke}>
              Really revoke
            </Button>{" "}
            <Button onClick={() => setSure(false)}>Keep</Button>
          </>
        ) : (
          <>
            <Button disabled={busy} onClick={onRotate} aria-label={`Rotate ${held.name}`}>
              Rotate
            </Button>{" "}
            <Button onClick={() => setSure(true)} aria-label={`Revoke ${held.name}`}>
              Revoke
            </Button>
          </>
        )}
      </td>
    </tr>
  );
}
