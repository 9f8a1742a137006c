import { Input, Labelled, Select } from "@/ui/form";
import { Ago } from "@/ui/time";
import type { ChangeKind, Tape } from "../types";
import { ChangeEditor } from "./change-editor";
import { toolsOf } from "./tools";
import type { FixFields, FixHow } from "./use-fix";

const HOWS: readonly { value: FixHow; label: string; hint: string }[] = [
  { value: "good_run", label: "as a good run had it", hint: "From the step on, calls get the good run's answers: nothing is really called" },
  { value: "again", label: "by asking again", hint: "From the step on, models are asked anew: finds a slip that seldom happens" },
  { value: "model", label: "by another model", hint: "From the step on, the other model is asked in place of the recorded one" },
  { value: "hand", label: "by hand, at one step", hint: "What you say stands at that step; the rest is asked anew" },
];

/** What puts things right from the switch on. */
export function Fix({ tape, fields }: { tape: Tape; fields: FixFields }) {
  const { how, model, step, kind, kinds, draft, waiting, wrong, set, onDraft } = fields;
  return (
    <fieldset className="flex min-w-0 flex-col gap-3">
      <Labelled label="It is put right" hint={HOWS.find(({ value }) => value === how)?.hint}>
        {(id) => <Select id={id} label="It is put right" value={how} choices={HOWS} onChange={(value) => set({ how: value as FixHow })} />}
      </Labelled>
      {how === "good_run" ? <GoodRuns tape={tape} fields={fields} /> : null}
      {how === "model" ? <Labelled label="Model">{(id) => <Input id={id} className="font-mono" placeholder="a model of the gateway's routes" value={model} onChange={(event) => set({ model: event.target.value })} />}</Labelled> : null}
      {how === "hand" && step ? (
        <>
          <div className="grid gap-3 sm:grid-cols-2">
            <Labelled label="At step">
              {(id) => <Select id={id} label="At step" value={String(step.step)} choices={tape.steps.map((each) => ({ value: String(each.step), label: `${each.step} · ${each.target}`.slice(0, 60) }))} onChange={(value) => set({ step: Number(value) })} />}
            </Labelled>
            <Labelled label="What is right there">{(id) => <Select id={id} label="What is right there" value={kind} choices={kinds} onChange={(value) => set({ kind: value as ChangeKind })} />}</Labelled>
          </div>
          <ChangeEditor key={`${step.step} ${kind}`} kind={kind} draft={draft} onDraft={onDraft} waiting={waiting} tools={toolsOf(tape)} wrong={wrong} mayHold={false} />
        </>
      ) : null}
    </fieldset>
  );
}

function GoodRuns({ tape, fields: { good, goodRun, set } }: { tape: Tape; fields: FixFields }) {
  const listed = good.shown.some(({ run }) => run.id === goodRun);
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {good.pending ? (
        <div className="skeleton h-16" role="status" aria-label="Loading good runs" />
      ) : good.shown.length ? (
        <ul aria-label="Good runs" className="max-h-48 overflow-y-auto rounded-lg border border-line" tabIndex={0}>
          {good.shown.map(({ run, same }) => (
            <li key={run.id} className="border-t border-line first:border-t-0">
              <label className="flex min-h-8 items-center gap-2 px-3 py-1 text-xs hover:bg-hover">
                <input type="radio" name="good-run" className="accent-(--accent)" checked={goodRun === run.id} onChange={() => set({ goodRun: run.id })} />
                <span className="min-w-0 flex-1 truncate">{run.input ?? run.name ?? run.id}</span>
                {same ? <span className="text-2xs whitespace-nowrap text-ok">same task</span> : null}
                <Ago at={run.started_at} className="text-2xs whitespace-nowrap text-muted" />
              </label>
            </li>
          ))}
        </ul>
      ) : (
        <p className="text-xs text-muted">No run of {tape.agent || "this agent"} is known to have succeeded: say the outcome of one, or put it right another way.</p>
      )}
      <Input aria-label="Id of a good run" className="font-mono" placeholder="or the id of any run" value={listed ? "" : goodRun} onChange={(event) => set({ goodRun: event.target.value.trim() })} />
    </div>
  );
}
