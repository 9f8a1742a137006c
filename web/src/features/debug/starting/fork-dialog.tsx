import { TriangleAlert } from "lucide-react";
import { useState } from "react";
import { Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { AFTERS, choicesOf, warningsOf } from "../fork/changes";
import { NO_BUDGET } from "../progress/raised";
import type { After, ChangeKind, EntryPointView, Tape } from "../types";
import { ChangeEditor } from "./change-editor";
import { forkCommand } from "./commands";
import { lacking } from "./entry-choice";
import { EntryPicker, WhoRunsIt } from "./entry-picker";
import { LiveTools } from "./live-tools";
import { useChange } from "./prefilled";
import { Repeats, timesOf } from "./repeats";
import { useStart } from "./start";
import { StartBar } from "./start-bar";
import { useTask } from "./task";
import { toolsOf } from "./tools";
import { useEntry } from "./use-entry";

interface ForkDialogProps {
  project: string;
  tape: Tape;
  /** How the agent was started the last time; undefined where it never was. */
  last: EntryPointView | undefined;
  /** The step it forks at; 1 where nobody said. */
  at: number | undefined;
  onStep: (step: number) => void;
  onClose: () => void;
}

/** As recorded up to a step, then one thing is different. */
export function ForkDialog({ project, tape, last, at, onStep, onClose }: ForkDialogProps) {
  const step = tape.steps.find((each) => each.step === at) ?? tape.steps[0];
  const choices = choicesOf(step);
  const [wanted, setWanted] = useState<ChangeKind>();
  const kind = choices.find(({ value }) => value === wanted)?.value ?? choices[0]?.value ?? "answer";
  const [after, setAfter] = useState<After>("mixed");
  const [tools, setTools] = useState<readonly string[]>([]);
  const { entry, told, body, picker } = useEntry(tape.entry, last);
  const { task, missing: missingTask, part } = useTask(tape);
  const [repeats, setRepeats] = useState("1");
  const start = useStart(project, tape.run_id);
  const { key, draft, change, wrong, typed, waiting, error, onDraft } = useChange(project, step, kind);
  if (!step) return null;
  const missing = missingTask || (wrong ? "what is different" : "") || (waiting && !typed ? "what was recorded" : "") || lacking(entry);
  const live = after === "recorded" ? [] : tools;
  const warnings = warningsOf(after, change, live);
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Fork from here" description="Everything before the step is answered as recorded; at it, one thing is different." width="max-w-2xl">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing) start.mutate({ kind: "fork", body: { ...body, ...task, budget: NO_BUDGET, concurrency: 1, repeats: timesOf(repeats), fork_at: step.step, changes: [change], after, live_tools: [...live], live_model: "", good_run: "" } });
        }}
      >
        {part}
        <div className="grid gap-3 sm:grid-cols-2">
          <Labelled label="At step">
            {(id) => (
              <Select
                id={id}
                label="At step"
                value={String(step.step)}
                choices={tape.steps.map((each) => ({ value: String(each.step), label: `${each.step} · ${each.target}`.slice(0, 60) }))}
                onChange={(value) => onStep(Number(value))}
              />
            )}
          </Labelled>
          <Labelled label="What is different" hint={choices.find(({ value }) => value === kind)?.hint}>
            {(id) => <Select id={id} label="What is different" value={kind} choices={choices} onChange={(value) => setWanted(value as ChangeKind)} />}
          </Labelled>
        </div>
        <ChangeEditor key={key} kind={kind} draft={draft} onDraft={onDraft} waiting={waiting} tools={toolsOf(tape)} wrong={typed ? wrong : ""} />
        <Labelled label="Behind the step" hint={AFTERS.find(({ value }) => value === after)?.what}>
          {(id) => <Select id={id} label="Behind the step" value={after} choices={AFTERS} onChange={(value) => setAfter(value as After)} />}
        </Labelled>
        <Repeats value={repeats} onChange={setRepeats} />
        {after === "recorded" ? null : <LiveTools tools={toolsOf(tape)} chosen={tools} onChange={setTools} />}
        {warnings.length ? (
          <div className="flex items-start gap-2 rounded-lg bg-warn-soft px-3 py-2 text-xs text-warn">
            <TriangleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden />
            <ul>
              {warnings.map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
          </div>
        ) : (
          <p className="text-2xs text-muted">Nothing leaves the machine.</p>
        )}
        <EntryPicker agent={tape.agent} {...picker} />
        <WhoRunsIt entry={entry} told={told} project={project} agent={tape.agent} command={forkCommand(project, tape.run_id, told, { change, after, tools: live, repeats: timesOf(repeats) })} />
        <FailedLine error={start.error ?? error} />
        <StartBar missing={missing} pending={start.isPending} act="Fork" onClose={onClose} />
      </form>
    </Dialog>
  );
}
