import { useNavigate } from "@tanstack/react-router";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Button } from "@/ui/button";
import { CodeEditor } from "@/ui/code/code";
import { Input, Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { notify } from "@/ui/toast";
import { FieldFaults } from "./field-faults";
import { KINDS } from "./look";
import { connectorKindsQuery, useConnectorsChanged, type Connector, type ConnectorKind } from "./queries";
import { isObject, objectOf, SAMPLES } from "./samples";

const KIND_CHOICES = (Object.keys(KINDS) as ConnectorKind[]).map((value) => ({ value, label: KINDS[value].word }));
const written = (settings: object) => JSON.stringify(settings, null, 2);

interface ConnectorDialogProps {
  project: string;
  edited?: Connector;
  onClose: () => void;
}

/** A connector, made or changed. Secrets are named here and entered on its page. */
export function ConnectorDialog({ project, edited, onClose }: ConnectorDialogProps) {
  const changed = useConnectorsChanged(project);
  const navigate = useNavigate();
  const [name, setName] = useState(edited?.name ?? "");
  const [kind, setKind] = useState<ConnectorKind>(edited?.kind ?? "http");
  const [title, setTitle] = useState(edited?.title ?? "");
  const [description, setDescription] = useState(edited?.description ?? "");
  const [text, setText] = useState(written(edited?.settings ?? SAMPLES.http));
  const [enabled, setEnabled] = useState(edited?.enabled ?? true);
  const [near, setNear] = useState(edited?.allow_private ?? false);
  const [timeout, setTimeout] = useState(String(edited?.timeout_s ?? 10));
  const [largest, setLargest] = useState(String(edited?.max_result_bytes ?? 1 << 20));
  const parsed = objectOf(text);
  const settings = "value" in parsed ? parsed.value : undefined;
  const save = useMutation({
    mutationFn: () =>
      dataOf(
        api.PUT("/api/v1/connectors/{name}", {
          params: { path: { name: name.trim() }, query: { project } },
          body: { kind, title, description, settings: settings ?? {}, enabled, allow_private: near, timeout_s: Number(timeout), max_result_bytes: Number(largest) },
        }),
      ),
    onSuccess: async (saved) => {
      await changed();
      const missing = saved.secrets.filter((each) => !each.present).map((each) => each.name);
      const dropped = saved.dropped_secrets;
      notify(`${saved.name} is saved`, dropped.length ? `Its address is another one: enter ${dropped.join(", ")} again.` : missing.length ? `Enter its secrets: ${missing.join(", ")}.` : "It holds within a second.");
      onClose();
      if (!edited) void navigate({ to: "/gateway/connectors/$connector", params: { connector: saved.name }, search: { tab: missing.length ? "settings" : undefined } });
    },
  });
  const choose = (next: ConnectorKind) => {
    if (text === written(SAMPLES[kind])) setText(written(SAMPLES[next]));
    setKind(next);
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={edited ? `Connector ${edited.name}` : "New connector"} width="max-w-3xl">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (settings) save.mutate();
        }}
      >
        <div className="grid gap-3 sm:grid-cols-3">
          <Labelled label="Name" hint="Begins the names of its tools">
            {(id) => <Input id={id} required readOnly={edited !== undefined} value={name} placeholder="crm" onChange={(event) => setName(event.target.value)} />}
          </Labelled>
          <Labelled label="Kind" hint={KINDS[kind].what}>
            {(id) => <Select id={id} label="Kind" value={kind} choices={edited ? KIND_CHOICES.filter((each) => each.value === kind) : KIND_CHOICES} onChange={(value) => choose(value as ConnectorKind)} />}
          </Labelled>
          <Labelled label="Title" hint="For people">
            {(id) => <Input id={id} value={title} maxLength={200} onChange={(event) => setTitle(event.target.value)} />}
          </Labelled>
          <Labelled label="Description" className="sm:col-span-3" hint="Agents read it">
            {(id) => <Input id={id} value={description} maxLength={8000} onChange={(event) => setDescription(event.target.value)} />}
          </Labelled>
        </div>
        <div className="flex flex-col gap-1">
          <span className="text-xs font-medium">Settings</span>
          <CodeEditor label="Settings as JSON" language="json" rows={12} maxHeight="34vh" text={text} onChange={setText} />
          {"fault" in parsed ? (
            <p className="text-2xs text-bad">{parsed.fault}</p>
          ) : (
            <p className="text-2xs text-muted">
              Where a secret belongs stands <code className="font-mono">{'{"secret": "NAME"}'}</code>; its value is entered afterwards, sealed, and never shown again.
            </p>
          )}
          <SettingsHelp project={project} kind={kind} />
        </div>
        <div className="grid grid-cols-2 items-end gap-3 sm:grid-cols-4">
          <Labelled label="A call may take, s">{(id) => <Input id={id} type="number" min={0.1} max={600} step="any" required value={timeout} onChange={(event) => setTimeout(event.target.value)} />}</Labelled>
          <Labelled label="Result at most, bytes">{(id) => <Input id={id} type="number" min={1000} required value={largest} onChange={(event) => setLargest(event.target.value)} />}</Labelled>
          <label className="flex min-h-7 items-center gap-1.5 text-xs">
            <input type="checkbox" className="accent-(--accent)" checked={near} onChange={(event) => setNear(event.target.checked)} /> private address
          </label>
          <label className="flex min-h-7 items-center gap-1.5 text-xs">
            <input type="checkbox" className="accent-(--accent)" checked={enabled} onChange={(event) => setEnabled(event.target.checked)} /> in use
          </label>
        </div>
        <FieldFaults error={save.error} />
        <Button type="submit" look="primary" className="self-end" disabled={!name.trim() || !settings || save.isPending}>
          Save connector
        </Button>
      </form>
    </Dialog>
  );
}

/** Every setting of the kind, as the server describes it. */
function SettingsHelp({ project, kind }: { project: string; kind: ConnectorKind }) {
  const kinds = useQuery(connectorKindsQuery(project));
  const schema = kinds.data?.items.find((each) => each.kind === kind)?.settings;
  if (!schema) return null;
  const known = isObject(schema.properties) ? Object.entries(schema.properties) : [];
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  return (
    <details className="text-xs">
      <summary className="min-h-6 cursor-pointer text-muted">What can be set</summary>
      <dl className="mt-1 grid gap-x-4 gap-y-1 sm:grid-cols-[10rem_minmax(0,1fr)]">
        {known.map(([setting, about]) => {
          const { description, default: usual } = isObject(about) ? about : {};
          return (
            <div key={setting} className="contents">
              <dt className="font-mono text-2xs">
                {setting} {required.includes(setting) ? <span className="font-sans text-muted">needed</span> : null}
              </dt>
              <dd className="text-2xs text-muted max-sm:mb-1">
                {[typeof description === "string" ? description : "", usual === undefined || usual === null || isObject(usual) || usual === "" ? "" : `usually ${JSON.stringify(usual)}`].filter(Boolean).join("; ")}
              </dd>
            </div>
          );
        })}
      </dl>
    </details>
  );
}
