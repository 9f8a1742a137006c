import { useQuery } from "@tanstack/react-query";
import { recentRunsQuery } from "@/features/observe/queries";
import { agentFilter, SUCCEEDED } from "@/features/observe/links";
import { Input, Labelled, Select } from "@/ui/form";
import { Ago } from "@/ui/time";
import { choicesOf } from "../fork/changes";
import type { After, Change, ChangeKind, Tape } from "../types";
import { ChangeEditor } from "./change-editor";
import { toolsOf } from "./tools";

type How = "good_run" | "again" | "model" | "hand";

export interface FixDraft {
  how: How;
  goodRun: string;
  model: string;
  step: number;
  kind: ChangeKind;
  text: string;
}

const HOWS: readonly { value: How; label: string; hint: string }[] = [
  { value: "good_run", label: "as a good run had it", hint: "From the step on, calls get the good run's answers: nothing is really called" },
  { value: "again", label: "by asking again", hint: "From the step on, models are asked anew: finds a slip that seldom happens" },
  { value: "model", label: "by another model", hint: "From the step on, the other model is asked in place of the recorded one" },
  { value: "hand", label: "by hand, at one step", hint: "What you say stands at that step; the rest is asked anew" },
];

interface Read {
  good_run: string;
  live_model: string;
  changes: Change[];
  after: After;
}

export function readFix({ how, goodRun, model, step, kind, text }: FixDraft): Read {
  const change: Change = { step, kind, text, find: "", code: "", tool_calls: "", onwards: false };
  return {
    good_run: how === "good_run" ? goodRun : "",
    live_model: how === "model" ? model.trim() : "",
    changes: how === "hand" ? [change] : [],
    after: how === "good_run" ? "recorded" : "live",
  };
}

/** What puts things right from the switch on. */
export function Fix({ project, tape, fix, onChange }: { project: string; tape: Tape; fix: FixDraft; onChange: (fix: FixDraft) => void }) {
  const set = (next: Partial<FixDraft>) => onChange({ ...fix, ...next });
  const step = tape.steps.find((each) => each.step === fix.step);
  const kinds = choicesOf(step).filter(({ value }) => value === "answer" || value === "result" || value === "prompt" || value === "model");
  return (
    <fieldset className="flex flex-col gap-3">
      <Labelled label="It is put right" hint={HOWS.find(({ value }) => value === fix.how)?.hint}>
        {(id) => <Select id={id} label="It is put right" value={fix.how} choices={HOWS} onChange={(how) => set({ how: how as How })} />}
      </Labelled>
      {fix.how === "good_run" ? <GoodRuns project={project} tape={tape} chosen={fix.goodRun} onChoose={(goodRun) => set({ goodRun })} /> : null}
      {fix.how === "model" ? <Labelled label="Model">{(id) => <Input id={id} className="font-mono" placeholder="a model of the gateway's routes" value={fix.model} onChange={(event) => set({ model: event.target.value })} />}</Labelled> : null}
      {fix.how === "hand" ? (
        <>
          <div className="grid gap-3 sm:grid-cols-2">
            <Labelled label="At step">
              {(id) => (
                <Select
                  id={id}
                  label="At step"
                  value={String(fix.step)}
                  choices={tape.steps.map((each) => ({ value: String(each.step), label: `${each.step} · ${each.target}`.slice(0, 60) }))}
                  onChange={(value) => set({ step: Number(value), kind: tape.steps.find((each) => each.step === Number(value))?.kind === "tool" ? "result" : "answer" })}
                />
              )}
            </Labelled>
            <Labelled label="What is right there">{(id) => <Select id={id} label="What is right there" value={fix.kind} choices={kinds} onChange={(kind) => set({ kind: kind as ChangeKind })} />}</Labelled>
          </div>
          <ChangeEditor key={`${fix.step} ${fix.kind}`} kind={fix.kind} text={fix.text} waiting={false} onText={(text) => set({ text })} code="" onCode={() => undefined} onwards={false} onOnwards={() => undefined} tools={toolsOf(tape)} wrong="" />
        </>
      ) : null}
    </fieldset>
  );
}

/** Good runs of the agent, those of the same task first. */
function GoodRuns({ project, tape, chosen, onChoose }: { project: string; tape: Tape; chosen: string; onChoose: (runId: string) => void }) {
  const runs = useQuery(recentRunsQuery(project, [agentFilter(tape.agent), SUCCEEDED]));
  const task = tape.input?.trim();
  const good = (runs.data?.items ?? []).filter((each) => each.id !== tape.run_id);
  const shown = [...good].sort((a, b) => Number(b.input?.trim() === task) - Number(a.input?.trim() === task)).slice(0, 8);
  return (
    <div className="flex flex-col gap-2">
      {runs.isPending ? (
        <div className="skeleton h-16" role="status" aria-label="Loading good runs" />
      ) : shown.length ? (
        <ul aria-label="Good runs" className="max-h-48 overflow-y-auto rounded-lg border border-line" tabIndex={0}>
          {shown.map((each) => (
            <li key={each.id} className="border-t border-line first:border-t-0">
              <label className="flex min-h-8 items-center gap-2 px-3 py-1 text-xs hover:bg-hover">
                <input type="radio" name="good-run" className="accent-(--accent)" checked={chosen === each.id} onChange={() => onChoose(each.id)} />
                <span className="min-w-0 flex-1 truncate">{each.input ?? each.name ?? each.id}</span>
                {each.input?.trim() === task ? <span className="text-2xs whitespace-nowrap text-ok">same task</span> : null}
                <Ago at={each.started_at} className="text-2xs whitespace-nowrap text-muted" />
              </label>
            </li>
          ))}
        </ul>
      ) : (
        <p className="text-xs text-muted">No run of {tape.agent || "this agent"} is known to have succeeded: say the outcome of one, or put it right another way.</p>
      )}
      <Input aria-label="Id of a good run" className="font-mono" placeholder="or the id of any run" value={shown.some((each) => each.id === chosen) ? "" : chosen} onChange={(event) => onChoose(event.target.value.trim())} />
    </div>
  );
}
