import { useState } from "react";
import { plural } from "@/ui/format";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { NO_BUDGET } from "../progress/raised";
import type { EntryPointView, Tape } from "../types";
import { replayCommand } from "./commands";
import { lacking } from "./entry-choice";
import { EntryPicker, WhoRunsIt } from "./entry-picker";
import { Holes } from "./holes";
import { Repeats, timesOf } from "./repeats";
import { useStart } from "./start";
import { StartBar } from "./start-bar";
import { useTask } from "./task";
import { useEntry } from "./use-entry";

interface ReplayDialogProps {
  project: string;
  tape: Tape;
  /** How the agent was started the last time; undefined where it never was. */
  last: EntryPointView | undefined;
  onClose: () => void;
}

/** The same task again, every call answered from the recording: is it the same to the byte? */
export function ReplayDialog({ project, tape, last, onClose }: ReplayDialogProps) {
  const { entry, told, body, picker } = useEntry(tape.entry, last);
  const start = useStart(project, tape.run_id);
  const { task, missing: missingTask, part } = useTask(tape);
  const [repeats, setRepeats] = useState("1");
  const missing = missingTask || lacking(entry);
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Replay this run" description="The agent starts again with the same task, and each of its calls gets the recorded answer. Nothing leaves the machine." width="max-w-lg">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing) start.mutate({ kind: "replay", body: { ...body, ...task, budget: NO_BUDGET, concurrency: 1, repeats: timesOf(repeats) } });
        }}
      >
        {part}
        <div className="flex items-end gap-3">
          <Repeats value={repeats} onChange={setRepeats} />
          <p className="pb-1.5 text-xs text-muted">{plural(tape.steps.length, "recorded step")} each time</p>
        </div>
        <Holes tape={tape} />
        <EntryPicker agent={tape.agent} {...picker} />
        <WhoRunsIt entry={entry} told={told} project={project} agent={tape.agent} command={replayCommand(project, tape.run_id, told, timesOf(repeats))} />
        <FailedLine error={start.error} />
        <StartBar missing={missing} pending={start.isPending} act="Replay" onClose={onClose} />
      </form>
    </Dialog>
  );
}
