import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Button } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { dayOf, instantOf, timeOf } from "@/ui/zoned";
import { contactsQuery, schedulesQuery } from "../queries";
import type { Schedule } from "../types";
import { spanWords } from "./band-view";

interface OverrideDialogProps {
  project: string;
  schedule: Schedule;
  start: number;
  end: number;
  zone: string;
  onClose: () => void;
}

/** Somebody takes over for a time, whatever the rotation says; and what was agreed so is taken back here too. */
export function OverrideDialog({ project, schedule, start, end, zone, onClose }: OverrideDialogProps) {
  const client = useQueryClient();
  const contacts = useQuery(contactsQuery(project));
  const here = (contacts.data?.items ?? []).filter((each) => !each.left_at);
  const [person, setPerson] = useState("");
  const [from, setFrom] = useState({ day: dayOf(start, zone), time: timeOf(start, zone) });
  const [to, setTo] = useState({ day: dayOf(end, zone), time: timeOf(end, zone) });
  const [reason, setReason] = useState("");
  const done = async (words: string) => {
    await client.invalidateQueries({ queryKey: schedulesQuery(project).queryKey });
    notify(words);
    onClose();
  };
  const add = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST("/api/v1/schedules/{name}/overrides", {
          params: { path: { name: schedule.name }, query: { project } },
          body: { person, start: new Date(instantOf(from.day, from.time, zone)).toISOString(), end: new Date(instantOf(to.day, to.time, zone)).toISOString(), reason },
        }),
      ),
    onSuccess: () => done(`${person} is on call for that time`),
  });
  const remove = useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/schedules/{name}/overrides/{override_id}", { params: { path: { name: schedule.name, override_id: id }, query: { project } } }),
    onSuccess: () => done("The override is taken back: the rotation holds again"),
  });
  const standing = schedule.overrides.filter((each) => Date.parse(each.start) < end && Date.parse(each.end) > start);
  const moment = (label: string, value: { day: string; time: string }, set: (value: { day: string; time: string }) => void) => (
    <fieldset className="flex gap-2">
      <legend className="mb-1 text-xs font-medium">{label}</legend>
      <Input type="date" aria-label={`${label}: day`} value={value.day} required onChange={(event) => set({ ...value, day: event.target.value })} />
      <Input type="time" aria-label={`${label}: time`} value={value.time} required onChange={(event) => set({ ...value, time: event.target.value })} />
    </fieldset>
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={`Who has ${schedule.title || schedule.name}?`} description={`Times in ${zone}`}>
      {standing.map((each) => (
        <p key={each.id} className="mb-3 flex items-start justify-between gap-3 rounded-lg border border-line bg-sunken px-3 py-2 text-xs">
          <span>
            <b className="font-semibold">{each.person}</b> took over {spanWords(Date.parse(each.start), Date.parse(each.end), zone)}
            {each.reason ? `: ${each.reason}` : ""} <span className="text-muted">(entered by {each.updated_by})</span>
          </span>
          <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate(each.id)}>
            Take back
          </Button>
        </p>
      ))}
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <Labelled label="Who takes over">
          {(id) => <Select id={id} label="Who takes over" value={person} choices={[{ value: "", label: "Choose a person" }, ...here.map((each) => ({ value: each.name, label: each.title ? `${each.title} (${each.name})` : each.name }))]} onChange={setPerson} />}
        </Labelled>
        {moment("From", from, setFrom)}
        {moment("To", to, setTo)}
        <Labelled label="Why" hint="Shown in the calendar; may be left empty.">
          {(id) => <Input id={id} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />}
        </Labelled>
        <FailedLine error={add.error ?? remove.error ?? contacts.error} />
        <Button type="submit" look="primary" className="self-end" disabled={!person || add.isPending}>
          Hand over
        </Button>
      </form>
    </Dialog>
  );
}
