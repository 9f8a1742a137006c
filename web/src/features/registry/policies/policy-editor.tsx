import { useMutation, useQuery } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Card, Section } from "@/features/settings/section";
import { Button, IconButton } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { FailedLine } from "@/ui/states";
import { useRegistryChanged } from "../change";
import { ChooseMany } from "../people/choose-many";
import { useChannelChoices } from "../people/use-channel-choices";
import { contactsQuery, ifUnchanged, schedulesQuery, teamsQuery } from "../queries";
import type { Policy, PolicyLevel } from "../types";
import { nameFrom } from "../words";
import { readTarget, targetWords, writeTarget } from "./targets";

const WAITS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400].map((value) => ({ value: String(value), label: value < 3600 ? `${value / 60} min` : `${value / 3600} h` }));

const OWN = (["schedule", "person", "team"] as const).map((kind) => ({ value: writeTarget({ kind, name: "" }), label: targetWords({ kind, name: "" }) }));

/** What one usually wants: the rotation, then the owner, then everybody of the team. */
const USUAL: PolicyLevel[] = [
  { targets: [{ kind: "schedule", name: "" }], timeout_seconds: 900 },
  { targets: [{ kind: "person", name: "" }], timeout_seconds: 900 },
  { targets: [{ kind: "team", name: "" }], timeout_seconds: 1800 },
];

interface PolicyEditorProps {
  project: string;
  edited: Policy | undefined;
  /** Whether there is none yet: then it is the default. */
  first: boolean;
  onClose: () => void;
}

export function PolicyEditor({ project, edited, first, onClose }: PolicyEditorProps) {
  const changed = useRegistryChanged(project);
  const [title, setTitle] = useState(edited?.title ?? "");
  const [levels, setLevels] = useState<readonly PolicyLevel[]>(edited?.levels ?? USUAL);
  const [repeat, setRepeat] = useState(String(edited?.repeat ?? 1));
  const [usual, setUsual] = useState(edited?.default ?? first);
  const schedules = useQuery(schedulesQuery(project));
  const contacts = useQuery(contactsQuery(project));
  const teams = useQuery(teamsQuery(project));
  const channels = useChannelChoices(project, levels.flatMap((level) => level.targets.filter((each) => each.kind === "channel").map((each) => each.name)));
  const name = edited?.name ?? nameFrom(title);
  const choices = [
    ...OWN,
    ...(schedules.data?.items ?? []).map((each) => ({ value: `schedule:${each.name}`, label: `Schedule ${each.title || each.name}` })),
    ...(contacts.data?.items ?? []).map((each) => ({ value: `person:${each.name}`, label: each.title || each.name })),
    ...(teams.data?.items ?? []).map((each) => ({ value: `team:${each.name}`, label: `Team ${each.title || each.name}` })),
    ...channels.map((each) => ({ value: `channel:${each.value}`, label: `Channel ${each.label}` })),
  ];
  const change = (index: number, next: PolicyLevel | undefined) => setLevels((old) => old.flatMap((each, place) => (place === index ? (next ? [next] : []) : [each])));
  const done = async (words: string) => {
    await changed(words);
    onClose();
  };
  const save = useMutation({
    mutationFn: () => dataOf(api.PUT("/api/v1/escalation-policies/{name}", { params: { path: { name }, query: { project } }, headers: ifUnchanged(edited?.version), body: { title, levels: [...levels], repeat: Number(repeat), default: usual } })),
    onSuccess: () => done("Policy saved"),
  });
  const remove = useMutation({ mutationFn: () => api.DELETE("/api/v1/escalation-policies/{name}", { params: { path: { name }, query: { project } } }), onSuccess: () => done("Policy deleted") });
  const ready = name !== "" && levels.length > 0 && levels.every((level) => level.targets.length > 0);
  return (
    <Section title={edited ? edited.title || edited.name : "New escalation policy"} about="Everybody of a level is told at once; who acknowledges ends it." aside={<Button onClick={onClose}>Back to the list</Button>}>
      <form
        className="flex max-w-2xl flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) save.mutate();
        }}
      >
        <Card className="p-4">
          <Labelled label="Name" hint={edited ? `Known as ${edited.name}; that never changes.` : name ? `Known as ${name}.` : "Such as: Usual"}>
            {(id) => <Input id={id} value={title} maxLength={200} onChange={(event) => setTitle(event.target.value)} />}
          </Labelled>
        </Card>
        {levels.map((level, index) => (
          <Card key={index} className="flex flex-col gap-3 p-4">
            <div className="flex items-center justify-between">
              <h3 className="text-sm font-semibold">Level {index + 1}</h3>
              {levels.length > 1 ? (
                <IconButton label={`Remove level ${index + 1}`} onClick={() => change(index, undefined)}>
                  <Trash2 />
                </IconButton>
              ) : null}
            </div>
            <ChooseMany label={`Told at level ${index + 1}`} value={level.targets.map(writeTarget)} choices={choices} onChange={(next) => change(index, { ...level, targets: next.map(readTarget) })} none="" />
            <Labelled label="Without an answer, the next level after">
              {(id) => <Select id={id} label={`Wait of level ${index + 1}`} value={String(level.timeout_seconds)} choices={withOwn(level.timeout_seconds)} onChange={(value) => change(index, { ...level, timeout_seconds: Number(value) })} />}
            </Labelled>
          </Card>
        ))}
        <Button className="self-start" onClick={() => setLevels((old) => [...old, { targets: [], timeout_seconds: 900 }])}>
          <Plus className="size-3.5 text-muted" aria-hidden /> Another level
        </Button>
        <Card className="flex flex-col gap-3 p-4">
          <Labelled label="All levels again, so many times" className="w-56">
            {(id) => <Input id={id} type="number" min={0} max={20} value={repeat} onChange={(event) => setRepeat(event.target.value)} />}
          </Labelled>
          <label className="flex min-h-6 items-center gap-2 text-xs">
            <input type="checkbox" className="accent-(--accent)" checked={usual} onChange={(event) => setUsual(event.target.checked)} />
            For every agent that names no policy of its own
          </label>
        </Card>
        <FailedLine error={save.error ?? remove.error} />
        <div className="flex justify-between gap-2">
          {edited ? (
            <Button look="danger" disabled={edited.used_in.length > 0 || remove.isPending} title={edited.used_in.length ? `Named by ${edited.used_in.join(", ")}` : undefined} onClick={() => remove.mutate()}>
              Delete policy
            </Button>
          ) : (
            <span />
          )}
          <Button type="submit" look="primary" disabled={!ready || save.isPending}>
            Save policy
          </Button>
        </div>
      </form>
    </Section>
  );
}

/** A wait that somebody set elsewhere is kept among the choices. */
function withOwn(value: number) {
  return WAITS.some((each) => each.value === String(value)) ? WAITS : [{ value: String(value), label: `${value} s` }, ...WAITS];
}
