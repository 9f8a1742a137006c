import { useMutation } from "@tanstack/react-query";
import { Check, KeyRound } from "lucide-react";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Card } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { Input } from "@/ui/form";
import { bytes, lengthOfTime } from "@/ui/format";
import { JsonBlock } from "@/ui/json-block";
import { FailedLine } from "@/ui/states";
import { Ago } from "@/ui/time";
import { notify } from "@/ui/toast";
import { useConnectorsChanged, type Connector } from "./queries";

/** How a system is reached, and the secrets that takes: they go in and never come out. */
export function Settings({ project, connector }: { project: string; connector: Connector }) {
  return (
    <>
      <section aria-label="Secrets">
        <h2 className="mb-2 text-sm font-semibold">Secrets</h2>
        <Card>
          {connector.secrets.length ? (
            <ul aria-label="Secrets">
              {connector.secrets.map((each) => (
                <SecretRow key={each.name} project={project} connector={connector.name} name={each.name} present={each.present} />
              ))}
            </ul>
          ) : (
            <p className="p-4 text-xs text-muted">Its settings name none that is entered here.</p>
          )}
        </Card>
      </section>
      <section aria-label="Settings">
        <h2 className="mb-2 text-sm font-semibold">Settings</h2>
        <Card className="p-4">
          {connector.description ? <p className="mb-2 max-w-3xl text-xs">{connector.description}</p> : null}
          <p className="mb-3 text-xs text-muted">
            a call may take {lengthOfTime(connector.timeout_s)}, a result at most {bytes(connector.max_result_bytes)}
            {connector.allow_private ? ", private addresses allowed" : ""}; changed <Ago at={connector.updated_at} />
          </p>
          <JsonBlock value={connector.settings} label="Settings" open={3} />
        </Card>
      </section>
    </>
  );
}

function SecretRow({ project, connector, name, present }: { project: string; connector: string; name: string; present: boolean }) {
  const changed = useConnectorsChanged(project);
  const [value, setValue] = useState("");
  const path = { path: { name: connector, secret: name }, query: { project } };
  const save = useMutation({
    mutationFn: () => dataOf(api.PUT("/api/v1/connectors/{name}/secrets/{secret}", { params: path, body: { value } })),
    onSuccess: async () => {
      setValue("");
      await changed();
      notify(`${name} is sealed`, "It holds within a second, and is never shown again.");
    },
  });
  const remove = useMutation({
    mutationFn: () => api.DELETE("/api/v1/connectors/{name}/secrets/{secret}", { params: path }),
    onSuccess: changed,
  });
  return (
    <li className="border-t border-line px-4 py-2.5 first:border-t-0">
      <form
        className="flex flex-wrap items-center gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <span className="flex min-w-40 flex-1 items-center gap-2">
          <KeyRound className="size-3.5 text-muted" aria-hidden />
          <code className="font-mono text-xs">{name}</code>
          {present ? (
            <Badge tone="ok">
              <Check aria-hidden /> entered
            </Badge>
          ) : (
            <Badge tone="bad">missing</Badge>
          )}
        </span>
        <Input className="max-w-56" type="password" aria-label={`Value of ${name}`} placeholder={present ? "another value" : "value"} value={value} onChange={(event) => setValue(event.target.value)} />
        <Button type="submit" look={present ? "plain" : "primary"} disabled={!value || save.isPending}>
          {present ? "Replace" : "Seal"}
        </Button>
        {present ? (
          <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()} aria-label={`Delete secret ${name}`}>
            Delete
          </Button>
        ) : null}
      </form>
      <FailedLine error={save.error ?? remove.error} />
    </li>
  );
}
