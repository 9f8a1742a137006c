import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { api, dataOf } from "@/client/api";
import { Card, Section } from "@/features/settings/section";
import { Button } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { FailedLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { useMinute } from "@/ui/time";
import { addDays, browserZone, dayOf, daysBetween, instantOf, knownZones } from "@/ui/zoned";
import { contactsQuery, ifUnchanged, previewQuery, schedulesQuery } from "../queries";
import type { Layer, Schedule, ScheduleBody } from "../types";
import { nameFrom } from "../words";
import { Agenda } from "./agenda";
import { Band } from "./band-view";
import { LayerEditor } from "./layer-editor";
import { newLayer } from "./new-layer";

interface ScheduleEditorProps {
  project: string;
  edited: Schedule | undefined;
  onClose: () => void;
}

const ZONES = knownZones().map((zone) => ({ value: zone, label: zone }));

/** Whether the server would take it: something in each layer, and a beginning. */
const whole = ({ layers = [] }: ScheduleBody): boolean => layers.length > 0 && layers.every((layer) => layer.name !== "" && layer.people.length > 0 && layer.starts_on !== "");

/** A rotation, and below it what comes of it in the next two weeks: before it is saved. */
export function ScheduleEditor({ project, edited, onClose }: ScheduleEditorProps) {
  const client = useQueryClient();
  const minute = useMinute();
  const contacts = useQuery(contactsQuery(project));
  const [title, setTitle] = useState(edited?.title ?? "");
  const [zone, setZone] = useState(edited?.time_zone ?? browserZone());
  const [layers, setLayers] = useState<readonly Layer[]>(edited?.layers ?? [newLayer(1, minute, browserZone())]);
  const name = edited?.name ?? nameFrom(title);
  const body: ScheduleBody = { title, time_zone: zone, layers: [...layers] };
  const ready = name !== "" && whole(body);
  const asked = useDeferredValue(body);
  const first = dayOf(minute, zone);
  const from = instantOf(first, "00:00", zone);
  const to = instantOf(addDays(first, 14), "00:00", zone);
  const ahead = (gap: { end: string }) => Date.parse(gap.end) > minute;
  const preview = useQuery({ ...previewQuery(project, name || "new", asked, from, to), enabled: name !== "" && whole(asked) });
  const refresh = async (words: string) => {
    await client.invalidateQueries({ queryKey: schedulesQuery(project).queryKey });
    notify(words);
    onClose();
  };
  const save = useMutation({
    mutationFn: () => dataOf(api.PUT("/api/v1/schedules/{name}", { params: { path: { name }, query: { project } }, headers: ifUnchanged(edited?.version), body })),
    onSuccess: () => refresh("Schedule saved"),
  });
  const remove = useMutation({
    mutationFn: () => api.DELETE("/api/v1/schedules/{name}", { params: { path: { name }, query: { project } } }),
    onSuccess: () => refresh("Schedule deleted"),
  });
  const change = (index: number, layer: Layer | undefined) => setLayers((old) => old.flatMap((each, place) => (place === index ? (layer ? [layer] : []) : [each])));
  const people = (contacts.data?.items ?? []).filter((each) => !each.left_at);
  return (
    <div className="mx-auto max-w-4xl p-4 md:p-6">
      <Section
        title={edited ? edited.title || edited.name : "New schedule"}
        about="People in turn. Where several layers have somebody, the first listed counts; an override in the calendar counts before them all."
        aside={<Button onClick={onClose}>Back to the calendar</Button>}
      >
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            if (ready) save.mutate();
          }}
        >
          <Card className="p-4">
            <div className="grid gap-3 sm:grid-cols-2">
              <Labelled label="Name" hint={edited ? `Known as ${edited.name}; that never changes.` : name ? `Will be known as ${name}.` : "Such as: Support week"}>
                {(id) => <Input id={id} value={title} maxLength={200} required={!edited} onChange={(event) => setTitle(event.target.value)} />}
              </Labelled>
              <Labelled label="Time zone" hint="Hand-overs are at this zone’s time of day, also when clocks change.">
                {(id) => <Select id={id} label="Time zone" value={zone} choices={ZONES} onChange={setZone} />}
              </Labelled>
            </div>
          </Card>
          {layers.map((layer, index) => (
            <LayerEditor key={index} layer={layer} people={people} only={layers.length === 1} onChange={(next) => change(index, next)} onRemove={() => change(index, undefined)} />
          ))}
          {contacts.data && people.length === 0 ? <p className="text-xs text-warn">Nobody is entered yet: People, in the tabs above, comes first.</p> : null}
          <Button className="self-start" onClick={() => setLayers((old) => [...old, newLayer(old.length + 1, minute, zone)])}>
            <Plus className="size-3.5 text-muted" aria-hidden /> Another layer
          </Button>
          <Card className="p-4">
            <h3 className="mb-2 text-sm font-semibold">The next two weeks</h3>
            {!ready ? (
              <p className="text-xs text-muted">Give it a name, and each layer somebody: what comes of it appears here.</p>
            ) : preview.isError ? (
              <FailedLine error={preview.error} />
            ) : preview.data ? (
              <>
                <Band className="hidden md:block" shifts={preview.data.shifts} edges={daysBetween(first, addDays(first, 14)).map((day) => instantOf(day, "00:00", zone))} from={from} to={to} now={minute} zone={zone} />
                <Agenda className="md:hidden" shifts={preview.data.shifts} from={from} to={to} zone={zone} />
                <ul className="mt-2 text-xs">
                  {preview.data.gaps.filter(ahead).map((gap) => (
                    <li key={gap.start} className="text-bad">
                      {gap.words}
                    </li>
                  ))}
                  {preview.data.warnings.map((warning) => (
                    <li key={warning} className="text-warn">
                      {warning}
                    </li>
                  ))}
                  {!preview.data.gaps.some(ahead) ? <li className="text-ok">Somebody is on call all the time.</li> : null}
                </ul>
              </>
            ) : (
              <div role="status" aria-label="Loading" className="skeleton h-12" />
            )}
          </Card>
          <FailedLine error={save.error ?? remove.error} />
          <div className="flex justify-between gap-2">
            {edited ? (
              <Button look="danger" disabled={remove.isPending || edited.used_in.length > 0} title={edited.used_in.length ? `Named by ${edited.used_in.join(", ")}` : undefined} onClick={() => remove.mutate()}>
                Delete schedule
              </Button>
            ) : (
              <span />
            )}
            <Button type="submit" look="primary" disabled={!ready || save.isPending}>
              Save schedule
            </Button>
          </div>
        </form>
      </Section>
    </div>
  );
}
