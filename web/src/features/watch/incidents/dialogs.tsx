import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { contactsQuery } from "@/features/registry/queries";
import { Button } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { useEdit, useIncidentChanged } from "./change";
import { standingQuery } from "./queries";
import type { Incident, Severity } from "./types";

interface DialogProps {
  project: string;
  incident: Incident;
  onClose: () => void;
}

export function EditDialog({ project, incident, onClose }: DialogProps) {
  const edit = useEdit(project);
  const contacts = useQuery(contactsQuery(project));
  const [title, setTitle] = useState(incident.title);
  const [severity, setSeverity] = useState<Severity>(incident.severity);
  const [assignee, setAssignee] = useState(incident.assignee ?? "");
  const [auto, setAuto] = useState(incident.auto_resolve);
  const people = [...new Set([...(contacts.data?.items ?? []).filter((each) => !each.left_at).map((each) => each.name), ...(incident.assignee ? [incident.assignee] : [])])];
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={`Incident ${incident.number}`}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          edit.mutate({ id: incident.id, change: { title: title.trim(), severity, assignee, auto_resolve: auto } }, { onSuccess: onClose });
        }}
      >
        <Labelled label="Title">{(id) => <Input id={id} value={title} maxLength={300} onChange={(event) => setTitle(event.target.value)} />}</Labelled>
        <Labelled label="Severity">{(id) => <Select id={id} label="Severity" value={severity} choices={["critical", "error", "warning", "info"].map((each) => ({ value: each, label: each }))} onChange={(value) => setSeverity(value as Severity)} />}</Labelled>
        <Labelled label="Assignee" hint="Who looks after it, beside who acknowledged it.">
          {(id) => <Select id={id} label="Assignee" value={assignee} choices={[{ value: "", label: "Nobody" }, ...people.map((each) => ({ value: each, label: each }))]} onChange={setAssignee} />}
        </Labelled>
        <label className="flex min-h-6 items-center gap-2 text-xs">
          <input type="checkbox" className="accent-(--accent)" checked={auto} onChange={(event) => setAuto(event.target.checked)} />
          It resolves itself when all its alarms have cleared
        </label>
        <FailedLine error={edit.error} />
        <Button type="submit" look="primary" className="self-end" disabled={!title.trim() || edit.isPending}>
          Save
        </Button>
      </form>
    </Dialog>
  );
}

/** Two incidents that are one: the alarms go to the other, which goes on. */
export function MergeDialog({ project, incident, onClose }: DialogProps) {
  const navigate = useNavigate();
  const changed = useIncidentChanged(project);
  const standing = useQuery(standingQuery(project));
  const [into, setInto] = useState("");
  const others = (standing.data?.items ?? []).filter((each) => each.id !== incident.id && !each.merged_into);
  const merge = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/incidents/{incident_id}/merge", { params: { path: { incident_id: incident.id }, query: { project } }, body: { into } })),
    onSuccess: async () => {
      await changed();
      notify("Merged");
      onClose();
      await navigate({ to: "/incidents/$incidentId", params: { incidentId: into } });
    },
  });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={`Merge incident ${incident.number} into another`} description="Its alarms, runs and issues go there; this one is closed and points at it.">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          merge.mutate();
        }}
      >
        <Labelled label="The incident that goes on">
          {(id) => <Select id={id} label="The incident that goes on" value={into} choices={[{ value: "", label: others.length ? "Choose one" : "No other stands" }, ...others.map((each) => ({ value: each.id, label: `#${each.number} ${each.title}`.slice(0, 90) }))]} onChange={setInto} className="max-w-full overflow-hidden" />}
        </Labelled>
        <FailedLine error={merge.error ?? standing.error} />
        <Button type="submit" look="primary" className="self-end" disabled={!into || merge.isPending}>
          Merge
        </Button>
      </form>
    </Dialog>
  );
}
