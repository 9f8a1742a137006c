import { useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { useState } from "react";
import { recordingQuery } from "@/features/gateway/recordings/queries";
import { Button } from "@/ui/button";
import { Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { AFTERS, choicesOf, warningsOf, wrongWith } from "../fork/changes";
import { resultOf, wordsOf } from "../fork/prefill";
import type { After, ChangeKind, Tape } from "../types";
import { ChangeEditor } from "./change-editor";
import { forkCommand } from "./commands";
import { lacking } from "./entry-choice";
import { EntryPicker, WhoRunsIt } from "./entry-picker";
import { NO_BUDGET } from "./bounds";
import { LiveTools } from "./live-tools";
import { Repeats } from "./repeats";
import { useStart } from "./start";
import { useTask } from "./task";
import { toolsOf } from "./tools";
import { useEntry } from "./use-entry";

interface ForkDialogProps {
  project: string;
  tape: Tape;
  /** The step it forks at; 1 where nobody said. */
  at: number | undefined;
  onStep: (step: number) => void;
  onClose: () => void;
}

/** As recorded up to a step, then one thing is different. */
export function ForkDialog({ project, tape, at, onStep, onClose }: ForkDialogProps) {
  const step = tape.steps.find((each) => each.step === at) ?? tape.steps[0];
  const choices = choicesOf(step);
  const [wanted, setWanted] = useState<ChangeKind>();
  const kind = choices.find(({ value }) => value === wanted)?.value ?? choices[0]?.value ?? "answer";
  const [texts, setTexts] = useState<Partial<Record<string, string>>>({});
  const [code, setCode] = useState("upstream_error");
  const [onwards, setOnwards] = useState(false);
  const [after, setAfter] = useState<After>("mixed");
  const [tools, setTools] = useState<readonly string[]>([]);
  const { entry, told, body, picker } = useEntry(tape.entry);
  const { task, missing, part } = useTask(tape);
  const [repeats, setRepeats] = useState("1");
  const start = useStart(project, tape.run_id);
  const recording = useQuery({ ...recordingQuery(project, step?.exchange_id ?? "", true), enabled: step !== undefined && !step.hole });
  if (!step) return null;
  const recorded = recording.data?.answer?.body ?? "";
  const prefilled = kind === "answer" ? wordsOf(recorded) : kind === "result" ? resultOf(recorded) : "";
  const key = `${step.step} ${kind}`;
  const text = texts[key] ?? prefilled;
  const change = { step: step.step, kind, text, find: "", code: kind === "error" ? code : "", tool_calls: "", onwards: kind === "forbid" ? true : onwards };
  const wrong = wrongWith(change);
  const ready = !wrong && !missing && !lacking(entry) && !(recording.isLoading && texts[key] === undefined);
  const live = after === "recorded" ? [] : tools;
  const warnings = warningsOf(after, change, live);
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Fork from here" description="Everything before the step is answered as recorded; at it, one thing is different." width="max-w-2xl">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) start.mutate({ kind: "fork", body: { ...body, ...task, budget: NO_BUDGET, concurrency: 1, repeats: Math.max(1, Number(repeats) || 1), fork_at: step.step, changes: [change], after, live_tools: [...live], live_model: "", good_run: "" } });
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
        <ChangeEditor key={key} kind={kind} text={text} waiting={recording.isLoading && (kind === "answer" || kind === "result")} onText={(next) => setTexts((old) => ({ ...old, [key]: next }))} code={code} onCode={setCode} onwards={onwards} onOnwards={setOnwards} tools={toolsOf(tape)} wrong={texts[key] === undefined ? "" : wrong} />
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
        <WhoRunsIt entry={entry} told={told} project={project} agent={tape.agent} command={forkCommand(project, tape.run_id, told, { change, after, tools: live })} />
        <FailedLine error={start.error ?? recording.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={!ready || start.isPending}>
            Fork
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
