import { TriangleAlert } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import type { ChangeKind, Check, Tape } from "../types";
import { wrongWith } from "../fork/changes";
import { Bounds, NO_BOUNDS, readBounds } from "./bounds";
import { CheckFields, lackingCheck } from "./check-fields";
import { bisectCommand } from "./commands";
import { Fix, readFix, type FixDraft } from "./fix";
import { lacking } from "./entry-choice";
import { EntryPicker, WhoRunsIt } from "./entry-picker";
import { Holes } from "./holes";
import { LiveTools } from "./live-tools";
import { useStart } from "./start";
import { useTask } from "./task";
import { toolsOf } from "./tools";
import { useEntry } from "./use-entry";

interface BisectDialogProps {
  project: string;
  tape: Tape;
  /** Where it is suspected: a fix made by hand begins there. */
  at: number | undefined;
  onClose: () => void;
}

/** Which step made it fail: what counts as success, what puts things right, how much it may cost. */
export function BisectDialog({ project, tape, at, onClose }: BisectDialogProps) {
  const [check, setCheck] = useState<Check>({ how: "contains", expected: "" });
  const [fix, setFix] = useState<FixDraft>({ how: "good_run", goodRun: "", model: "", step: at ?? 1, kind: "result" as ChangeKind, text: "" });
  const [tools, setTools] = useState<readonly string[]>([]);
  const [bounds, setBounds] = useState(NO_BOUNDS);
  const { entry, told, body, picker } = useEntry(tape.entry);
  const { task, missing: missingTask, part } = useTask(tape);
  const start = useStart(project, tape.run_id);
  const { good_run, live_model, changes, after } = readFix(fix);
  const { budget, confidence, concurrency } = readBounds(bounds);
  const live = after === "recorded" ? [] : tools;
  const missing = missingTask || lackingCheck(check) || lackingFix(fix) || lacking(entry);
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
        <CheckFields project={project} check={check} onChange={setCheck} />
        <Fix project={project} tape={tape} fix={fix} onChange={setFix} />
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
        <WhoRunsIt entry={entry} told={told} project={project} agent={tape.agent} command={bisectCommand(project, tape.run_id, told, { check, good: good_run, fixes: changes, model: live_model, after, tools: live, budget, confidence })} />
        <FailedLine error={start.error} />
        <div className="flex items-center justify-end gap-2">
          {missing ? <p className="mr-auto text-2xs text-muted">Still missing: {missing}.</p> : null}
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={Boolean(missing) || start.isPending}>
            Find it
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function lackingFix(fix: FixDraft): string {
  if (fix.how === "good_run") return fix.goodRun ? "" : "a good run";
  if (fix.how === "model") return fix.model.trim() ? "" : "the other model";
  if (fix.how === "hand") return wrongWith(fix) ? "what the step is to give" : "";
  return "";
}
