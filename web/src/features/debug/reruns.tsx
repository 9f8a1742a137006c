import { Link } from "@tanstack/react-router";
import { Info } from "lucide-react";
import { Card } from "@/features/settings/section";
import { cx } from "@/ui/classes";
import { duration, money } from "@/ui/format";
import { saidOf, type Uncounted } from "./bisect/layout";
import { SaidMark } from "./look";
import type { Rerun as RerunOf } from "./types";

/** One of several reruns; nothing where there is only one. */
export function RerunPicker({ reruns, chosen, onChoose }: { reruns: readonly RerunOf[]; chosen: number | undefined; onChoose: (number: number) => void }) {
  if (reruns.length < 2) return null;
  return (
    <div className="flex flex-wrap gap-1.5" role="group" aria-label="Reruns">
      {reruns.map((each) => (
        <button key={each.number} type="button" aria-pressed={each.number === chosen} onClick={() => onChoose(each.number)} className={cx("inline-flex min-h-7 items-center gap-1.5 rounded-md border px-2 text-xs", each.number === chosen ? "border-accent bg-accent-soft" : "border-line bg-surface hover:bg-hover")}>
          <span className="num text-muted">{each.number}</span>
          <SaidMark said={saidOf(each)} {...(each.state === "done" && each.passed === null ? { word: each.ending ?? "ended" } : {})} />
        </button>
      ))}
    </div>
  );
}

/** How one rerun ended: what the check said of it, how it was kept in, what was noticed. */
export function Rerun({ rerun, checked, uncounted }: { rerun: RerunOf; checked: boolean; uncounted?: Uncounted }) {
  if (rerun.state === "waiting") return null;
  return (
    <Card className="p-4 text-xs">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <h2 className="text-sm font-semibold">Rerun {rerun.number}</h2>
        {checked || rerun.state === "taken" ? <SaidMark said={saidOf(rerun, uncounted)} /> : <span className="text-muted">{rerun.ending ?? "ended"}</span>}
        {rerun.state === "done" ? (
          <span className="num text-muted">
            {duration(rerun.elapsed_ms)} · {money(rerun.cost_usd)} · {rerun.asked} really asked
          </span>
        ) : null}
        {rerun.run_id ? (
          <Link to="/runs/$runId" params={{ runId: rerun.run_id }} className="link ml-auto min-h-6 leading-6">
            Open it as a run
          </Link>
        ) : null}
      </div>
      {uncounted?.get(rerun.number) ? <p className="mt-2">Not counted: {uncounted.get(rerun.number)}.</p> : null}
      {rerun.check_said ? <p className="mt-2">The check: {rerun.check_said}</p> : null}
      {rerun.error ? <pre ref={atItsEnd} tabIndex={0} aria-label="What it said on its way out" className="mt-2 max-h-40 overflow-auto rounded-lg bg-bad-soft p-2 font-mono text-2xs whitespace-pre-wrap text-bad">{rerun.error}</pre> : null}
      {rerun.notes.length ? (
        <ul className="mt-2 flex flex-col gap-1">
          {rerun.notes.map((note) => (
            <li key={note} className="flex items-start gap-1.5 text-muted">
              <Info className="mt-0.5 size-3.5 shrink-0 text-faint" aria-hidden />
              {note}
            </li>
          ))}
        </ul>
      ) : null}
    </Card>
  );
}

/** The last words of a trace say what it was. */
const atItsEnd = (element: HTMLElement | null) => {
  if (element) element.scrollTop = element.scrollHeight;
};
