import { TriangleAlert } from "lucide-react";
import { useState } from "react";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import type { Check, EntryPointView, Tape } from "../types";
import { Bounds, NO_BOUNDS, readBounds } from "./bounds";
import { CheckFields, lackingCheck, USUAL_CHECK } from "./check-fields";
import { bisectCommand } from "./commands";
import { Fix } from "./fix";
import { lacking } from "./entry-choice";
import { EntryPicker, WhoRunsIt } from "./entry-picker";
import { Holes } from "./holes";
import { LiveTools } from "./live-tools";
import { useStart } from "./start";
import { StartBar } from "./start-bar";
import { useTask } from "./task";
import { toolsOf } from "./tools";
import { useEntry } from "./use-entry";
import { useFix } from "./use-fix";

interface BisectDialogProps {
  project: string;
  tape: Tape;
  /** How the agent was started the last time; undefined where it never was. */
  last: EntryPointView | undefined;
  /** Where it is suspected: without a good run, what is right there is said by hand. */
  at: number | undefined;
  onClose: () => void;
}

/** Which step made it fail: what counts as success, what puts things right, how much it may cost. */
export function BisectDialog({ project, tape, last, at, onClose }: BisectDialogProps) {
  const { read, missing: missingFix, fields } = useFix(project, tape, at);
  const { good_run, live_model, changes, after } = read;
  const [said, setCheck] = useState<Check | null>();
  // What the good run answered is right, until somebody says what is.
  const check = good_run ? (said === undefined ? null : said) : (said ?? USUAL_CHECK);
  const [tools, setTools] = useState<readonly string[]>([]);
  const [bounds, setBounds] = useState(NO_BOUNDS);
  const { entry, told, body, picker } = useEntry(tape.entry, last);
  const { task, missing: missingTask, part } = useTask(tape);
  const start = useStart(project, tape.run_id);
  const { budget, confidence, concurrency } = readBounds(bounds);
  const live = after === "recorded" ? [] : tools;
  const missing = missingTask || (check ? lackingCheck(check) : "") || missingFix || lacking(entry);
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Find the step" description="The run is executed again, each time put right from another step on. Where that stops helping, the step that ruined it is found." width="max-w-2xl">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing) start.mutate({ kind: "bisect", body: { ...body, ...task, check, good_run, live_model, changes, after, live_tools: [...live], budget, confidence, concurrency } });
        }}
      >
        {part}
        <Fix tape={tape} fields={fields} />
        <CheckFields project={project} check={check} onChange={setCheck} asGood={good_run !== ""} />
        {after === "recorded" ? null : (
          <>
            <LiveTools tools={toolsOf(tape)} chosen={tools} onChange={setTools} />
            <p className="flex items-start gap-2 rounded-lg bg-warn-soft px-3 py-2 text-xs text-warn">
              <TriangleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden />
              {live.length ? `Models are really asked and paid, and ${live.join(", ")} will really be called: what it writes, sends or pays is real, in each rerun.` : "Models are really asked, and paid, in each rerun. No tool is really called."}
            </p>
          </>
        )}
        <Bounds bounds={bounds} onChange={setBounds} steps={tape.steps.length} />
        <Holes tape={tape} />
        <EntryPicker agent={tape.agent} {...picker} />
        <WhoRunsIt entry={entry} told={told} project={project} agent={tape.agent} command={bisectCommand(project, tape.run_id, told, { check, good: good_run, fixes: changes, model: live_model, after, tools: live, budget, confidence, concurrency })} />
        <FailedLine error={start.error} />
        <StartBar missing={missing} pending={start.isPending} act="Find it" onClose={onClose} />
      </form>
    </Dialog>
  );
}
