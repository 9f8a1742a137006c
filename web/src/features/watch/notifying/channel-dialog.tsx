import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import { Button } from "@/ui/button";
import { cx } from "@/ui/classes";
import { inputClass, Input, Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import type { Channel, ChannelKind } from "./queries";

interface ChannelDialogProps {
  project: string;
  kinds: readonly ChannelKind[];
  edited: Channel | undefined;
  onClose: () => void;
}

/** A channel, with the fields its kind asks for; secrets go in and never come out. */
export function ChannelDialog({ project, kinds, edited, onClose }: ChannelDialogProps) {
  const client = useQueryClient();
  const [kind, setKind] = useState<ChannelKind["kind"]>(edited?.kind ?? kinds[0]?.kind ?? "slack");
  const [name, setName] = useState(edited?.name ?? "");
  const [settings, setSettings] = useState<Readonly<Record<string, string>>>(edited?.settings ?? {});
  const [secrets, setSecrets] = useState<Readonly<Record<string, string>>>({});
  const [enabled, setEnabled] = useState(edited?.enabled ?? true);
  const [usual, setUsual] = useState(edited?.default ?? false);
  const [perMinute, setPerMinute] = useState(edited ? String(edited.per_minute) : "");
  const [key] = useState(idempotency);
  const fields = kinds.find((each) => each.kind === kind)?.fields ?? [];
  const done = async (words: string) => {
    await client.invalidateQueries({ queryKey: ["channels", project] });
    notify(words);
    onClose();
  };
  const save = useMutation({
    mutationFn: () => {
      const known = fields.filter((field) => !field.secret);
      const body = {
        name: name.trim(),
        kind,
        settings: Object.fromEntries(known.map((field) => [field.name, settings[field.name] ?? field.default ?? ""] as const).filter(([, value]) => value !== "")),
        // Left empty, the secret that is known stays.
        secrets: Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== "")),
        enabled,
        default: usual,
        per_minute: perMinute.trim() === "" ? null : Number(perMinute),
      };
      return edited
        ? dataOf(api.PUT("/api/v1/channels/{channel_id}", { params: { path: { channel_id: edited.id }, query: { project } }, body }))
        : dataOf(api.POST("/api/v1/channels", { params: { query: { project } }, headers: key, body }));
    },
    onSuccess: () => done("Channel saved: send a test"),
  });
  const remove = useMutation({ mutationFn: () => api.DELETE("/api/v1/channels/{channel_id}", { params: { path: { channel_id: edited?.id ?? "" }, query: { project } } }), onSuccess: () => done("Channel deleted") });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={edited ? `Edit ${edited.name}` : "New channel"} width="max-w-lg">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Labelled label="Kind">{(id) => <Select id={id} label="Kind" value={kind} choices={kinds.map((each) => ({ value: each.kind, label: each.title }))} onChange={(value) => setKind(value as ChannelKind["kind"])} />}</Labelled>
        <Labelled label="Name">{(id) => <Input id={id} value={name} maxLength={100} placeholder="Support on call" onChange={(event) => setName(event.target.value)} />}</Labelled>
        {fields.map((field) => {
          const set = edited?.secrets.includes(field.name);
          const hint = [field.help, field.secret ? (set ? "One is kept, sealed. Left empty, it stays." : "Sealed before it is kept, and never shown again.") : ""].filter(Boolean).join(" ");
          const value = field.secret ? (secrets[field.name] ?? "") : (settings[field.name] ?? field.default ?? "");
          const change = (next: string) => (field.secret ? setSecrets({ ...secrets, [field.name]: next }) : setSettings({ ...settings, [field.name]: next }));
          return (
            <Labelled key={`${kind} ${field.name}`} label={field.title + (field.required ? " (needed)" : "")} hint={hint || undefined}>
              {(id) =>
                field.choices.length ? (
                  <Select id={id} label={field.title} value={value} choices={field.choices.map((each) => ({ value: each, label: each || "–" }))} onChange={change} />
                ) : field.secret && value.includes("\n") ? (
                  <textarea id={id} rows={3} value={value} className={cx(inputClass, "h-auto py-1.5")} onChange={(event) => change(event.target.value)} />
                ) : (
                  <Input id={id} type={field.secret ? "password" : "text"} autoComplete={field.secret ? "new-password" : "off"} value={value} maxLength={4000} onChange={(event) => change(event.target.value)} />
                )
              }
            </Labelled>
          );
        })}
        <Labelled label="Messages a minute" hint="What is more goes as one digest. Empty: as its kind has it.">
          {(id) => <Input id={id} type="number" min={1} max={6000} className="w-32" value={perMinute} onChange={(event) => setPerMinute(event.target.value)} />}
        </Labelled>
        <label className="flex min-h-6 items-center gap-2 text-xs">
          <input type="checkbox" className="accent-(--accent)" checked={usual} onChange={(event) => setUsual(event.target.checked)} />
          Told where an agent has nobody on call who can be reached
        </label>
        <label className="flex min-h-6 items-center gap-2 text-xs">
          <input type="checkbox" className="accent-(--accent)" checked={enabled} onChange={(event) => setEnabled(event.target.checked)} />
          Switched on
        </label>
        <FailedLine error={save.error ?? remove.error} />
        <div className="flex justify-between gap-2">
          {edited ? (
            <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
              Delete channel
            </Button>
          ) : (
            <span />
          )}
          <Button type="submit" look="primary" disabled={!name.trim() || save.isPending}>
            Save channel
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
