import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Button } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { endpointsQuery } from "../queries";
import type { Endpoint } from "../types";

const SHAPES = [
  { value: "openai", label: "OpenAI (chat completions)" },
  { value: "anthropic", label: "Anthropic (messages)" },
];

const price = (text: string): number | null => (text.trim() === "" ? null : Number(text));

export function EndpointDialog({ project, edited, onClose }: { project: string; edited: Endpoint | undefined; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState(edited?.name ?? "");
  const [baseUrl, setBaseUrl] = useState(edited?.base_url ?? "");
  const [model, setModel] = useState(edited?.model ?? "");
  const [shape, setShape] = useState<Endpoint["shape"]>(edited?.shape ?? "openai");
  const [key, setKey] = useState("");
  const [allowPrivate, setAllowPrivate] = useState(edited?.allow_private ?? false);
  const [input, setInput] = useState(edited?.input_usd_per_mtok?.toString() ?? "");
  const [output, setOutput] = useState(edited?.output_usd_per_mtok?.toString() ?? "");
  const save = useMutation({
    mutationFn: () => {
      const body = {
        name: name.trim(),
        base_url: baseUrl.trim(),
        model: model.trim(),
        shape,
        // Left empty, the key that is known stays.
        api_key: key === "" ? null : key,
        allow_private: allowPrivate,
        timeout_s: edited?.timeout_s ?? 60,
        input_usd_per_mtok: price(input),
        output_usd_per_mtok: price(output),
      };
      return edited
        ? dataOf(api.PUT("/api/v1/model-endpoints/{endpoint_id}", { params: { path: { endpoint_id: edited.id }, query: { project } }, body }))
        : dataOf(api.POST("/api/v1/model-endpoints", { params: { query: { project } }, body }));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: endpointsQuery(project).queryKey });
      onClose();
    },
  });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={edited ? `Edit ${edited.name}` : "New model endpoint"} width="max-w-lg">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Labelled label="Name">{(id) => <Input id={id} value={name} maxLength={200} placeholder="Small model of the team" onChange={(event) => setName(event.target.value)} />}</Labelled>
        <Labelled label="Speaks">{(id) => <Select id={id} label="Speaks" value={shape} choices={SHAPES} onChange={(value) => setShape(value as Endpoint["shape"])} />}</Labelled>
        <Labelled label="Address" hint="Up to and with /v1.">
          {(id) => <Input id={id} value={baseUrl} maxLength={500} placeholder="https://api.openai.com/v1" onChange={(event) => setBaseUrl(event.target.value)} />}
        </Labelled>
        <Labelled label="Model">{(id) => <Input id={id} value={model} maxLength={200} className="font-mono" onChange={(event) => setModel(event.target.value)} />}</Labelled>
        <Labelled label="Key" hint={edited?.has_key ? "One is kept, sealed. Left empty, it stays; with another address it must be entered again." : "Sealed before it is kept, and never shown again."}>
          {(id) => <Input id={id} type="password" autoComplete="new-password" value={key} maxLength={2000} onChange={(event) => setKey(event.target.value)} />}
        </Labelled>
        <div className="grid grid-cols-2 gap-3">
          <Labelled label="USD per million tokens in" hint="Empty: the price list’s. 0 where it is free.">
            {(id) => <Input id={id} type="number" min={0} step="any" value={input} onChange={(event) => setInput(event.target.value)} />}
          </Labelled>
          <Labelled label="USD per million tokens out" hint="Without a price, a judge with a budget asks nobody.">
            {(id) => <Input id={id} type="number" min={0} step="any" value={output} onChange={(event) => setOutput(event.target.value)} />}
          </Labelled>
        </div>
        <label className="flex min-h-6 items-center gap-2 text-xs">
          <input type="checkbox" className="accent-(--accent)" checked={allowPrivate} onChange={(event) => setAllowPrivate(event.target.checked)} />
          It may be on this machine or in a private network
        </label>
        <FailedLine error={save.error} />
        <Button type="submit" look="primary" className="self-end" disabled={!name.trim() || !baseUrl.trim() || !model.trim() || save.isPending}>
          Save endpoint
        </Button>
      </form>
    </Dialog>
  );
}
