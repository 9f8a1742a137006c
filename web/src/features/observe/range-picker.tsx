import { CalendarClock, ChevronDown } from "lucide-react";
import { useState } from "react";
import { boundMs, DEFAULT_RANGE, PRESETS, rangeLabel, type TimeRange } from "@/client/time-range";
import { Button } from "@/ui/button";
import { cx } from "@/ui/classes";
import { inputClass, Labelled } from "@/ui/form";
import { zone } from "@/ui/format";
import { Popover } from "@/ui/overlay";

/** Local time as an input of type datetime-local wants it. */
function toLocal(ms: number | undefined): string {
  if (ms === undefined) return "";
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const toIso = (local: string): string | undefined => (local ? new Date(local).toISOString() : undefined);

export function RangePicker({ value, onChange }: { value: TimeRange; onChange: (range: TimeRange) => void }) {
  const [open, setOpen] = useState(false);
  const now = () => Date.now();
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const choose = (range: TimeRange) => {
    setOpen(false);
    onChange(range);
  };
  const current = value.from ?? DEFAULT_RANGE;
  const here = zone(new Date());
  return (
    <Popover
      label="Time range"
      align="end"
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        setFrom(toLocal(boundMs(current, now())));
        setTo(toLocal(boundMs(value.to, now())));
      }}
      className="w-64"
      trigger={
        <Button>
          <CalendarClock className="size-3.5 text-muted" aria-hidden />
          {rangeLabel(value)}
          <ChevronDown className="size-3 text-faint" aria-hidden />
        </Button>
      }
    >
      <div className="grid grid-cols-1">
        {PRESETS.map((preset) => (
          <button
            key={preset.value}
            type="button"
            className={cx(
              "flex h-7 items-center justify-between rounded px-2 text-left text-xs hover:bg-hover",
              !value.to && current === preset.value && "font-medium text-accent",
            )}
            onClick={() => choose({ from: preset.value === DEFAULT_RANGE ? undefined : preset.value, to: undefined })}
          >
            {preset.label}
          </button>
        ))}
      </div>
      <form
        className="mt-2 flex flex-col gap-2 border-t border-line px-2 pt-2 pb-1"
        onSubmit={(event) => {
          event.preventDefault();
          choose({ from: toIso(from) ?? "all", to: toIso(to) });
        }}
      >
        <Labelled label={`From (${here})`}>
          {(id) => <input id={id} type="datetime-local" className={inputClass} value={from} onChange={(e) => setFrom(e.target.value)} />}
        </Labelled>
        <Labelled label={`To (${here})`}>
          {(id) => <input id={id} type="datetime-local" className={inputClass} value={to} onChange={(e) => setTo(e.target.value)} />}
        </Labelled>
        <Button type="submit">Apply</Button>
      </form>
    </Popover>
  );
}
