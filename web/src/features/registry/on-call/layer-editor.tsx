import { ArrowDown, ArrowUp, Plus, Trash2, X } from "lucide-react";
import { Card } from "@/features/settings/section";
import { Button, IconButton } from "@/ui/button";
import { cx } from "@/ui/classes";
import { Input, Labelled, Select } from "@/ui/form";
import type { Contact, Layer, Window } from "../types";
import { personColour } from "./person-look";

const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
const DAY_CHOICES = WEEKDAYS.map((day) => ({ value: day, label: day.charAt(0).toUpperCase() + day.slice(1) }));

interface LayerEditorProps {
  layer: Layer;
  people: readonly Contact[];
  only: boolean;
  onChange: (layer: Layer) => void;
  onRemove: () => void;
}

/** One rotation: who, in which order, for how long each, and when it holds at all. */
export function LayerEditor({ layer, people, only, onChange, onRemove }: LayerEditorProps) {
  const set = (next: Partial<Layer>) => onChange({ ...layer, ...next });
  const others = people.filter((each) => !layer.people.includes(each.name));
  const swap = (index: number, by: -1 | 1) => {
    const next = [...layer.people];
    const [one, other] = [next[index], next[index + by]];
    if (one === undefined || other === undefined) return;
    next[index] = other;
    next[index + by] = one;
    set({ people: next });
  };
  const windows = layer.windows ?? [];
  const setWindow = (index: number, window: Window | undefined) => set({ windows: windows.flatMap((each, place) => (place === index ? (window ? [window] : []) : [each])) });
  return (
    <Card className="flex flex-col gap-4 p-4">
      <div className="flex items-end gap-3">
        <Labelled label="Layer" className="flex-1">
          {(id) => <Input id={id} value={layer.name} maxLength={100} required onChange={(event) => set({ name: event.target.value })} />}
        </Labelled>
        {only ? null : (
          <IconButton label={`Remove layer ${layer.name}`} onClick={onRemove}>
            <Trash2 />
          </IconButton>
        )}
      </div>
      <fieldset>
        <legend className="mb-1 text-xs font-medium">Who, in this order</legend>
        <ol className="flex flex-col gap-1">
          {layer.people.map((person, index) => (
            <li key={person} className="flex h-8 items-center gap-2 rounded-md border border-line px-2 text-xs">
              <i className="size-2 rounded-full" style={{ background: personColour(person) }} aria-hidden />
              <span className="flex-1">{person}</span>
              <IconButton size="sm" label={`${person} earlier`} disabled={index === 0} onClick={() => swap(index, -1)}>
                <ArrowUp />
              </IconButton>
              <IconButton size="sm" label={`${person} later`} disabled={index === layer.people.length - 1} onClick={() => swap(index, 1)}>
                <ArrowDown />
              </IconButton>
              <IconButton size="sm" label={`Take ${person} out`} onClick={() => set({ people: layer.people.filter((each) => each !== person) })}>
                <X />
              </IconButton>
            </li>
          ))}
        </ol>
        {others.length ? (
          <Select label={`Add somebody to ${layer.name}`} className="mt-1.5" value="" choices={[{ value: "", label: "Add somebody" }, ...others.map((each) => ({ value: each.name, label: each.title || each.name }))]} onChange={(value) => value && set({ people: [...layer.people, value] })} />
        ) : null}
      </fieldset>
      <div className="grid gap-3 sm:grid-cols-4">
        <Labelled label="A turn lasts">
          {(id) => <Input id={id} type="number" min={1} max={366} value={layer.every} onChange={(event) => set({ every: Math.max(1, Number(event.target.value)) })} />}
        </Labelled>
        <Labelled label="Counted in">
          {(id) => <Select id={id} label="Counted in" value={layer.turn} choices={[{ value: "week", label: "weeks" }, { value: "day", label: "days" }]} onChange={(value) => set({ turn: value as "week" | "day" })} />}
        </Labelled>
        {layer.turn === "day" ? null : (
          <Labelled label="Hand-over on">
            {(id) => <Select id={id} label="Hand-over on" value={layer.hand_over_weekday} choices={DAY_CHOICES} onChange={(value) => set({ hand_over_weekday: value as (typeof WEEKDAYS)[number] })} />}
          </Labelled>
        )}
        <Labelled label="At">{(id) => <Input id={id} type="time" required value={layer.hand_over_time} onChange={(event) => set({ hand_over_time: event.target.value })} />}</Labelled>
      </div>
      <div className="grid gap-3 sm:grid-cols-2">
        <Labelled label="Starts on">{(id) => <Input id={id} type="date" required value={layer.starts_on} onChange={(event) => set({ starts_on: event.target.value })} />}</Labelled>
        <Labelled label="Ends on" hint="Empty: never.">{(id) => <Input id={id} type="date" value={layer.ends_on} onChange={(event) => set({ ends_on: event.target.value })} />}</Labelled>
      </div>
      <fieldset>
        <legend className="mb-1 text-xs font-medium">Only at certain times (none: always)</legend>
        <div className="flex flex-col gap-2">
          {windows.map((window, index) => (
            <WindowEditor key={index} window={window} onChange={(next) => setWindow(index, next)} />
          ))}
        </div>
        <Button className="mt-1.5" onClick={() => set({ windows: [...windows, { days: [...WEEKDAYS.slice(0, 5)], start: "09:00", end: "17:00" }] })}>
          <Plus className="size-3.5 text-muted" aria-hidden /> Hours
        </Button>
      </fieldset>
    </Card>
  );
}

function WindowEditor({ window, onChange }: { window: Window; onChange: (window: Window | undefined) => void }) {
  const turn = (day: (typeof WEEKDAYS)[number]) => onChange({ ...window, days: WEEKDAYS.filter((each) => (each === day) !== window.days.includes(each)) });
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span className="flex gap-0.5" role="group" aria-label="Days">
        {WEEKDAYS.map((day) => (
          <button
            key={day}
            type="button"
            aria-pressed={window.days.includes(day)}
            aria-label={day}
            onClick={() => turn(day)}
            className={cx("h-7 w-8 rounded-md border text-2xs", window.days.includes(day) ? "border-accent bg-accent-soft font-medium text-accent" : "border-line-strong text-muted hover:bg-hover")}
          >
            {day.charAt(0).toUpperCase() + day.slice(1, 2)}
          </button>
        ))}
      </span>
      <Input type="time" className="w-24" aria-label="From" value={window.start} onChange={(event) => onChange({ ...window, start: event.target.value })} />
      <span className="text-xs text-muted">to</span>
      <Input className="w-16" aria-label="To" pattern="[0-9]{2}:[0-9]{2}" title="HH:MM, up to 24:00" value={window.end} onChange={(event) => onChange({ ...window, end: event.target.value })} />
      <IconButton size="sm" label="Remove these hours" onClick={() => onChange(undefined)}>
        <X />
      </IconButton>
    </div>
  );
}
