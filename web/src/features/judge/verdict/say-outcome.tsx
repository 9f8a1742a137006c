import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleHelp, ThumbsDown, ThumbsUp, type LucideIcon } from "lucide-react";
import { useState, type KeyboardEvent } from "react";
import { api, dataOf } from "@/client/api";
import { Button } from "@/ui/button";
import { cx } from "@/ui/classes";
import { Input, Labelled, Select } from "@/ui/form";
import { Keys } from "@/ui/keys";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { modesQuery } from "../queries";
import type { Outcome } from "../types";
import { AskUser } from "./ask-user";

const CHOICES: readonly (readonly [Outcome, string, LucideIcon, string, string])[] = [
  ["success", "Success", ThumbsUp, "s", "text-ok"],
  ["failure", "Failure", ThumbsDown, "f", "text-bad"],
  ["unknown", "Cannot tell", CircleHelp, "u", "text-muted"],
];

interface SayOutcomeProps {
  project: string;
  runId: string;
  onClose: () => void;
}

/** A person's word on whether the task succeeded: three keys, an optional reason, enter. */
export function SayOutcome({ project, runId, onClose }: SayOutcomeProps) {
  const client = useQueryClient();
  const [outcome, setOutcome] = useState<Outcome>();
  const [reason, setReason] = useState("");
  const [mode, setMode] = useState("");
  const modes = useQuery(modesQuery);
  const failed = outcome === "failure";
  const say = useMutation({
    mutationFn: (said: Outcome) =>
      dataOf(api.POST("/api/v1/runs/{run_id}/outcome", { params: { path: { run_id: runId }, query: { project } }, body: { outcome: said, reason: reason.trim(), mode: said === "failure" ? mode : "", source: "reviewer", author: "" } })),
    onSuccess: async () => {
      onClose();
      notify("Outcome saved", "It counts by the project’s order of precedence.");
      await Promise.all([["run", project], ["verdict", project], ["scores", project], ["fleet", project], ["agent-quality", project]].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  const onKey = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement && event.target.type === "text") return;
    // Letters look for an entry there.
    if (event.target instanceof Element && event.target.closest("[role=combobox],[role=listbox]")) return;
    const chosen = CHOICES.find(([, , , key]) => key === event.key);
    if (chosen) {
      event.preventDefault();
      setOutcome(chosen[0]);
    }
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Did it do what was asked?" description="Your word counts as a reviewer's. What others said is kept beside it.">
      <form
        className="flex flex-col gap-4"
        onKeyDown={onKey}
        onSubmit={(event) => {
          event.preventDefault();
          if (outcome) say.mutate(outcome);
        }}
      >
        <div role="radiogroup" aria-label="Outcome" className="grid grid-cols-3 gap-2">
          {CHOICES.map(([value, label, Icon, key, tone]) => (
            <label
              key={value}
              className={cx(
                "flex h-16 cursor-pointer flex-col items-center justify-center gap-1 rounded-lg border text-xs has-focus-visible:outline-2 has-focus-visible:outline-focus",
                outcome === value ? "border-accent bg-selected font-medium" : "border-line-strong hover:bg-hover",
              )}
            >
              <input type="radio" name="outcome" className="sr-only" autoFocus={value === "success"} checked={outcome === value} onChange={() => setOutcome(value)} />
              <Icon className={cx("size-4", tone)} aria-hidden />
              <span className="flex items-center gap-1.5">
                {label} <Keys value={key} />
              </span>
            </label>
          ))}
        </div>
        <Labelled label="Reason" hint="One sentence: it is shown beside the outcome.">
          {(id) => <Input id={id} type="text" value={reason} maxLength={2000} placeholder="The refund was never issued" onChange={(event) => setReason(event.target.value)} />}
        </Labelled>
        {failed ? (
          <Labelled label="Way of failing" hint={modes.data?.items.find((each) => each.id === mode)?.description ?? "Runs that failed the same way become one issue."}>
            {(id) => <Select id={id} label="Way of failing" value={mode} choices={[{ value: "", label: "Not said" }, ...(modes.data?.items ?? []).map((each) => ({ value: each.id, label: each.name }))]} onChange={setMode} />}
          </Labelled>
        ) : null}
        <FailedLine error={say.error} />
        <Button type="submit" look="primary" className="self-end" disabled={!outcome || say.isPending}>
          Save outcome
        </Button>
      </form>
      <AskUser project={project} runId={runId} />
    </Dialog>
  );
}
