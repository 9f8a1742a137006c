import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import { ChooseMany } from "@/features/registry/people/choose-many";
import { Button } from "@/ui/button";
import { inputClass, Input, Labelled, Select } from "@/ui/form";
import { cx } from "@/ui/classes";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { useIncidentChanged } from "./change";
import type { Severity } from "./types";

interface NewIncidentProps {
  project: string;
  agents: readonly string[];
  /** Linked from the start: the run or issue it was opened from. */
  runIds?: readonly string[];
  issueIds?: readonly string[];
  about?: readonly string[];
  onClose: () => void;
}

/** Somebody noticed something: whoever is on call for its agents is told as with any other. */
export function NewIncidentDialog({ project, agents, runIds = [], issueIds = [], about = [], onClose }: NewIncidentProps) {
  const navigate = useNavigate();
  const changed = useIncidentChanged(project);
  const [title, setTitle] = useState("");
  const [severity, setSeverity] = useState<Severity>("error");
  const [chosen, setChosen] = useState<readonly string[]>(about);
  const [text, setText] = useState("");
  const [key] = useState(idempotency);
  const open = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/incidents", { params: { query: { project } }, headers: key, body: { title: title.trim(), severity, agents: [...chosen], text, run_ids: [...runIds], issue_ids: [...issueIds] } })),
    onSuccess: async (incident) => {
      await changed();
      onClose();
      await navigate({ to: "/incidents/$incidentId", params: { incidentId: incident.id } });
    },
  });
  return (
    <Dialog open onOpenChange={(isOpen) => !isOpen && onClose()} title="New incident" description="Whoever is on call for its agents is told at once.">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          open.mutate();
        }}
      >
        <Labelled label="What is wrong, in one line">
          {(id) => <Input id={id} autoFocus value={title} maxLength={300} placeholder="Refunds are promised and never issued" onChange={(event) => setTitle(event.target.value)} />}
        </Labelled>
        <Labelled label="Severity">{(id) => <Select id={id} label="Severity" value={severity} choices={["critical", "error", "warning", "info"].map((each) => ({ value: each, label: each }))} onChange={(value) => setSeverity(value as Severity)} />}</Labelled>
        <ChooseMany label="Agents" value={chosen} choices={[...new Set([...agents, ...chosen])].map((each) => ({ value: each, label: each }))} onChange={setChosen} none="No agent has reported yet." />
        <Labelled label="What is known so far">
          {(id) => <textarea id={id} rows={4} value={text} maxLength={10_000} className={cx(inputClass, "h-auto resize-y py-1.5")} onChange={(event) => setText(event.target.value)} />}
        </Labelled>
        {runIds.length || issueIds.length ? <p className="text-xs text-muted">Linked: {[runIds.length ? `${runIds.length} run` : "", issueIds.length ? `${issueIds.length} issue` : ""].filter(Boolean).join(", ")}.</p> : null}
        <FailedLine error={open.error} />
        <Button type="submit" look="primary" className="self-end" disabled={!title.trim() || open.isPending}>
          Open incident
        </Button>
      </form>
    </Dialog>
  );
}
