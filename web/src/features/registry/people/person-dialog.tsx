import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Button } from "@/ui/button";
import { Input, Labelled } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { useRegistryChanged } from "../change";
import { ifUnchanged } from "../queries";
import type { Contact } from "../types";
import { ChooseMany } from "./choose-many";
import { nameFrom } from "../words";
import { useChannelChoices } from "./use-channel-choices";

export function PersonDialog({ project, edited, onClose }: { project: string; edited: Contact | undefined; onClose: () => void }) {
  const changed = useRegistryChanged(project);
  const [title, setTitle] = useState(edited?.title ?? "");
  const [email, setEmail] = useState(edited?.email ?? "");
  const [channels, setChannels] = useState<readonly string[]>(edited?.channels ?? []);
  const [leftAt, setLeftAt] = useState(edited?.left_at ?? null);
  const choices = useChannelChoices(project, channels);
  const name = edited?.name ?? nameFrom(title);
  const done = async (words: string) => {
    await changed(words);
    onClose();
  };
  const save = useMutation({
    mutationFn: () =>
      dataOf(api.PUT("/api/v1/contacts/{name}", { params: { path: { name }, query: { project } }, headers: ifUnchanged(edited?.version), body: { title, email: email.trim(), channels: [...channels], left_at: leftAt } })),
    onSuccess: () => done(`${title || name} is saved`),
  });
  const remove = useMutation({
    mutationFn: () => api.DELETE("/api/v1/contacts/{name}", { params: { path: { name }, query: { project } } }),
    onSuccess: () => done(`${name} is deleted`),
  });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={edited ? edited.title || edited.name : "New person"}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Labelled label="Name" hint={edited ? `Known as ${edited.name}; that never changes.` : name ? `Known as ${name} in schedules and files.` : undefined}>
          {(id) => <Input id={id} value={title} maxLength={200} placeholder="Ann Meyer" onChange={(event) => setTitle(event.target.value)} />}
        </Labelled>
        <Labelled label="E-mail address" hint="Used where an e-mail channel is set up.">
          {(id) => <Input id={id} type="email" value={email} maxLength={320} onChange={(event) => setEmail(event.target.value)} />}
        </Labelled>
        <ChooseMany label="Channels, best first" value={channels} choices={choices} onChange={setChannels} none="No channel is set up yet: Settings, Notification channels." />
        {edited ? (
          <label className="flex min-h-6 items-center gap-2 text-xs">
            <input type="checkbox" className="accent-(--accent)" checked={leftAt !== null} onChange={(event) => setLeftAt(event.target.checked ? "now" : null)} />
            They left: rotations skip them from now on
          </label>
        ) : null}
        <FailedLine error={save.error ?? remove.error} />
        <div className="flex justify-between gap-2">
          {edited ? (
            <Button look="danger" disabled={edited.used_in.length > 0 || remove.isPending} title={edited.used_in.length ? `Named in ${edited.used_in.join(", ")}` : undefined} onClick={() => remove.mutate()}>
              Delete
            </Button>
          ) : (
            <span />
          )}
          <Button type="submit" look="primary" disabled={!name || save.isPending}>
            Save person
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
