import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import type { components } from "@/client/schema";
import { Button } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { useGatewayChanged, type Preset, type Provider } from "../queries";

interface ProviderDialogProps {
  project: string;
  edited: Provider | undefined;
  presets: readonly Preset[];
  onClose: () => void;
}

const BREAKING = { window_s: 30, minimum_calls: 10, failed_share: 0.5, open_s: 15, probes: 1 };

/** A provider; its key goes in and never comes out. */
export function ProviderDialog({ project, edited, presets, onClose }: ProviderDialogProps) {
  const changed = useGatewayChanged(project);
  const [preset, setPreset] = useState(edited ? (edited.preset ?? "") : "openai");
  const [name, setName] = useState(edited?.name ?? "openai");
  const [base, setBase] = useState(edited && !edited.preset ? (Object.values(edited.bases)[0] ?? "") : "");
  const [secret, setSecret] = useState("");
  const [priv, setPriv] = useState(edited?.allow_private ?? false);
  const [atOnce, setAtOnce] = useState(String(edited?.at_once ?? 0));
  const [key] = useState(idempotency);
  const known = presets.find((each) => each.name === preset);
  const done = async (words: string) => {
    await changed();
    notify(words);
    onClose();
  };
  const save = useMutation({
    mutationFn: () => {
      const body: components["schemas"]["ProviderBody"] = {
        preset,
        base_url: base.trim(),
        bases: edited && !base.trim() && !preset ? edited.bases : {},
        key: secret === "" ? null : secret,
        key_variable: edited?.key_variable ?? "",
        key_header: null,
        headers: edited?.headers ?? {},
        allow_private: priv || null,
        at_once: Number(atOnce),
        queue: edited?.queue ?? 100,
        queue_wait_s: edited?.queue_wait_s ?? 30,
        breaking: edited?.breaking ?? BREAKING,
      };
      return edited
        ? dataOf(api.PUT("/api/v1/gateway/providers/{name}", { params: { path: { name: edited.name }, query: { project } }, body }))
        : dataOf(api.POST("/api/v1/gateway/providers", { params: { query: { project } }, headers: key, body: { ...body, name: name.trim() } }));
    },
    onSuccess: () => done("Provider saved"),
  });
  const remove = useMutation({ mutationFn: () => api.DELETE("/api/v1/gateway/providers/{name}", { params: { path: { name: edited?.name ?? "" }, query: { project } } }), onSuccess: () => done("Provider deleted") });
  const choose = (next: string) => {
    if (name === preset || name === "") setName(next);
    setPreset(next);
    setPriv(presets.find((each) => each.name === next)?.local ?? false);
  };
  const address = known ? Object.values(known.bases)[0] : undefined;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={edited ? `Provider ${edited.name}` : "New provider"} width="max-w-lg">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Labelled label="Who">{(id) => <Select id={id} label="Who" value={preset} choices={[...presets.map((each) => ({ value: each.name, label: each.title })), { value: "", label: "Another server" }]} onChange={choose} />}</Labelled>
        {edited ? null : (
          <Labelled label="Name" hint="Routes name it so">
            {(id) => <Input id={id} required value={name} onChange={(event) => setName(event.target.value)} />}
          </Labelled>
        )}
        <Labelled label="Base URL" hint={address ? "Empty: the known one" : "OpenAI’s kind ends in /v1"}>
          {(id) => <Input id={id} type="url" required={!address && !edited} placeholder={address ?? "http://10.0.0.7:8000/v1"} value={base} onChange={(event) => setBase(event.target.value)} />}
        </Labelled>
        <Labelled label="Key" hint={edited?.has_key ? "Empty: the one that is known stays" : known?.local ? "Mostly none" : "Sealed, and never shown again"}>
          {(id) => <Input id={id} type="password" autoComplete="new-password" value={secret} onChange={(event) => setSecret(event.target.value)} />}
        </Labelled>
        <Labelled label="Calls at once" hint="0: no bound; more wait in a queue">
          {(id) => <Input id={id} type="number" min={0} value={atOnce} onChange={(event) => setAtOnce(event.target.value)} />}
        </Labelled>
        <label className="flex min-h-6 items-center gap-1.5 text-xs">
          <input type="checkbox" className="accent-(--accent)" checked={priv} onChange={(event) => setPriv(event.target.checked)} /> its address may be in a private network (local inference)
        </label>
        <FailedLine error={save.error ?? remove.error} />
        <div className="flex justify-between gap-2">
          {edited ? (
            <Button look="danger" disabled={remove.isPending || edited.routes.length > 0} title={edited.routes.length ? `Used by ${edited.routes.join(", ")}` : undefined} onClick={() => remove.mutate()}>
              Delete provider
            </Button>
          ) : (
            <span />
          )}
          <Button type="submit" look="primary" disabled={save.isPending}>
            Save provider
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
