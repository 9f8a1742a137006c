import { useState } from "react";
import { Button } from "@/ui/button";
import { plural } from "@/ui/format";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import type { Tape } from "../types";
import { replayCommand } from "./commands";
import { lacking } from "./entry-choice";
import { EntryPicker, WhoRunsIt } from "./entry-picker";
import { NO_BUDGET } from "./bounds";
import { Holes } from "./holes";
import { Repeats } from "./repeats";
import { useStart } from "./start";
import { useTask } from "./task";
import { useEntry } from "./use-entry";

interface ReplayDialogProps {
  project: string;
  tape: Tape;
  onClose: () => void;
}

/** The same task again, every call answered from the recording: is it the same to the byte? */
export function ReplayDialog({ project, tape, onClose }: ReplayDialogProps) {
  const { entry, told, body, picker } = useEntry(tape.entry);
  const start = useStart(project, tape.run_id);
  const { task, missing, part } = useTask(tape);
  const [repeats, setRepeats] = useState("1");
  const ready = !missing && !lacking(entry);
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Replay this run" description="The agent starts again with the same task, and each of its calls gets the recorded answer. Nothing leaves the machine." width="max-w-lg">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) start.mutate({ kind: "replay", body: { ...body, ...task, budget: NO_BUDGET, concurrency: 1, repeats: Math.max(1, Number(repeats) || 1) } });
        }}
      >
        {part}
        <div className="flex items-end justify-between gap-3">
          <p className="text-xs text-muted">{plural(tape.steps.length, "recorded step")}.</p>
          <Repeats value={repeats} onChange={setRepeats} />
        </div>
        <Holes tape={tape} />
        <EntryPicker agent={tape.agent} {...picker} />
        <WhoRunsIt entry={entry} told={told} project={project} agent={tape.agent} command={replayCommand(project, tape.run_id, told)} />
        <FailedLine error={start.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={!ready || start.isPending}>
            Replay
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
