import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Input, Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { CheckFields, lackingCheck, USUAL_CHECK } from "../starting/check-fields";
import { Holes } from "../starting/holes";
import { StartBar } from "../starting/start-bar";
import { useTask } from "../starting/task";
import type { Case, Check, Tape } from "../types";

const CALLS: readonly { value: Case["calls"]; label: string; hint: string }[] = [
  { value: "same_calls", label: "as recorded", hint: "The recorded calls and no other; dates in them may differ" },
  { value: "strict", label: "to the letter", hint: "The recorded calls, each once, to the letter" },
  { value: "answer", label: "any", hint: "The answer alone counts; a call that was never recorded gets an error" },
];

/** A run becomes a test: one file with its recordings, run offline, in milliseconds. */
export function CaseDialog({ project, tape, onClose }: { project: string; tape: Tape; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [answered, setAnswered] = useState("other");
  const [check, setCheck] = useState<Check>(USUAL_CHECK);
  const [calls, setCalls] = useState<Case["calls"]>("answer");
  const [failing, setFailing] = useState(false);
  const { task, missing: missingTask, part } = useTask(tape);
  const asRecorded = answered === "same";
  const make = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST("/api/v1/runs/{run_id}/case", {
          params: { path: { run_id: tape.run_id }, query: { project } },
          body: { ...task, name: name.trim(), expected: "", check: asRecorded ? { how: "same", expected: "" } : check, calls, expect_failure: failing, changes: [], good_run: "", entry: null },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["cases", project] });
      await navigate({ to: "/cases" });
    },
  });
  const missing = missingTask || (asRecorded ? "" : lackingCheck(check));
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Make a case" description="The recording and what is right become one file: a test beside the agent's code, that needs no network and no key." width="max-w-lg">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing) make.mutate();
        }}
      >
        {part}
        <Labelled label="Name" hint="Left out: the first words of the task">
          {(id) => <Input id={id} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />}
        </Labelled>
        <Labelled label="The recorded answer">
          {(id) => (
            <Select
              id={id}
              label="The recorded answer"
              value={answered}
              choices={[
                { value: "other", label: "is wrong: I say what is right" },
                { value: "same", label: "is right: it is to stay so" },
              ]}
              onChange={(value) => {
                setAnswered(value);
                setCalls(value === "same" ? "same_calls" : "answer");
              }}
            />
          )}
        </Labelled>
        {asRecorded ? null : <CheckFields project={project} check={check} onChange={(next) => setCheck(next ?? USUAL_CHECK)} legend="It passes when the answer" offline />}
        <Labelled label="Calls it may make" hint={CALLS.find(({ value }) => value === calls)?.hint}>
          {(id) => <Select id={id} label="Calls it may make" value={calls} choices={CALLS} onChange={(value) => setCalls(value as Case["calls"])} />}
        </Labelled>
        {asRecorded ? null : (
          <label className="flex min-h-6 items-center gap-1.5 text-xs">
            <input type="checkbox" className="accent-(--accent)" checked={failing} onChange={(event) => setFailing(event.target.checked)} /> it is known to fail today: say so the day it passes
          </label>
        )}
        <Holes tape={tape} />
        <FailedLine error={make.error} />
        <StartBar missing={missing} pending={make.isPending} act="Make it" onClose={onClose} />
      </form>
    </Dialog>
  );
}
