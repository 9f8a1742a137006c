import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import { Button, IconButton } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import type { Matcher } from "./queries";

const FIELDS = ["agent", "release", "severity", "kind", "source", "team", "alarm", "title"].map((each) => ({ value: each, label: each }));
const OPS = [
  { value: "=", label: "is" },
  { value: "!=", label: "is not" },
  { value: "~", label: "is like" },
];
const LENGTHS = [
  { value: "+1h", label: "1 hour" },
  { value: "+4h", label: "4 hours" },
  { value: "+1d", label: "1 day" },
  { value: "+7d", label: "7 days" },
  { value: "", label: "Until a given time" },
];

export function SilenceDialog({ project, onClose }: { project: string; onClose: () => void }) {
  const client = useQueryClient();
  const [matchers, setMatchers] = useState<readonly Matcher[]>([{ field: "agent", op: "=", value: "" }]);
  const [start, setStart] = useState("");
  const [length, setLength] = useState("+4h");
  const [until, setUntil] = useState("");
  const [reason, setReason] = useState("");
  const [planned, setPlanned] = useState(false);
  const [key] = useState(idempotency);
  const iso = (local: string) => new Date(local).toISOString();
  const save = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST("/api/v1/silences", {
          params: { query: { project } },
          headers: key,
          body: { matchers: matchers.map((each) => ({ ...each, value: each.value.trim() })), start: start ? iso(start) : "now", end: length || iso(until), reason: reason.trim(), maintenance: planned },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["silences", project] });
      onClose();
    },
  });
  const change = (index: number, next: Matcher | undefined) => setMatchers((old) => old.flatMap((each, place) => (place === index ? (next ? [next] : []) : [each])));
  const ready = reason.trim() !== "" && matchers.length > 0 && matchers.every((each) => each.value.trim() !== "") && (length !== "" || until !== "");
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="New silence" description="Alarms that fit all of it tell nobody." width="max-w-xl">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 text-xs font-medium">Alarms where</legend>
          {matchers.map((matcher, index) => (
            <span key={index} className="flex gap-2">
              <Select label={`Field ${index + 1}`} value={matcher.field} choices={FIELDS} onChange={(field) => change(index, { ...matcher, field })} className="w-28" />
              <Select label={`Comparison ${index + 1}`} value={matcher.op} choices={OPS} onChange={(op) => change(index, { ...matcher, op: op as Matcher["op"] })} className="w-24" />
              <Input aria-label={`Value ${index + 1}`} value={matcher.value} maxLength={500} placeholder={matcher.op === "~" ? "support-*" : ""} onChange={(event) => change(index, { ...matcher, value: event.target.value })} />
              <IconButton label="Take this condition out" disabled={matchers.length === 1} onClick={() => change(index, undefined)}>
                <X />
              </IconButton>
            </span>
          ))}
          <Button className="self-start" onClick={() => setMatchers((old) => [...old, { field: "severity", op: "=", value: "" }])}>
            <Plus className="size-3.5 text-muted" aria-hidden /> And
          </Button>
        </fieldset>
        <div className="grid gap-3 sm:grid-cols-2">
          <Labelled label="From" hint="Empty: now.">{(id) => <Input id={id} type="datetime-local" value={start} onChange={(event) => setStart(event.target.value)} />}</Labelled>
          <Labelled label="For">{(id) => <Select id={id} label="For" value={length} choices={LENGTHS} onChange={setLength} />}</Labelled>
          {length === "" ? <Labelled label="Until">{(id) => <Input id={id} type="datetime-local" value={until} onChange={(event) => setUntil(event.target.value)} />}</Labelled> : null}
        </div>
        <Labelled label="Why">{(id) => <Input id={id} value={reason} maxLength={1000} placeholder="The ERP moves on Saturday" onChange={(event) => setReason(event.target.value)} />}</Labelled>
        <label className="flex min-h-6 items-center gap-2 text-xs">
          <input type="checkbox" className="accent-(--accent)" checked={planned} onChange={(event) => setPlanned(event.target.checked)} />
          A maintenance window: planned beforehand
        </label>
        <FailedLine error={save.error} />
        <Button type="submit" look="primary" className="self-end" disabled={!ready || save.isPending}>
          Silence
        </Button>
      </form>
    </Dialog>
  );
}
