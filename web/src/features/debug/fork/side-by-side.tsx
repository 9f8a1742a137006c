import { Equal, Minus, Plus, Split, TriangleAlert } from "lucide-react";
import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import { cx } from "@/ui/classes";
import { KindIcon } from "@/ui/kinds";
import { DiffText } from "../diff-text";
import type { RecordedComparison, RecordedStep, RecordedStepPair } from "../types";

const RELATIONS = {
  same: { icon: Equal, word: "same", tone: "text-faint" },
  changed: { icon: TriangleAlert, word: "differs", tone: "text-warn" },
  only_left: { icon: Minus, word: "only recorded", tone: "text-bad" },
  only_right: { icon: Plus, word: "only forked", tone: "text-ok" },
} as const;

interface SideBySideProps {
  comparison: RecordedComparison;
  forkAt: number | null;
  /** Place of the aligned step that is open, from 0. */
  chosen: number | undefined;
  onStep: (place: number | undefined) => void;
  leftRun: string;
  rightRun: string;
}

/** Both runs' calls, aligned; where they first part is marked, and opened. */
export function SideBySide({ comparison, forkAt, chosen, onStep, leftRun, rightRun }: SideBySideProps) {
  const { steps, first_divergence: first } = comparison;
  const open = chosen ?? first ?? -1;
  return (
    <>
      {first === null ? <p className="border-b border-line px-4 py-2 text-xs text-muted">Both runs asked and got the same at each step.</p> : null}
      <ol aria-label="Steps of both runs">
        {steps.map((each, place) => (
          <Fragment key={place}>
            <Row step={each} first={place === first} forked={forkAt !== null && each.left?.step === forkAt} open={place === open} onOpen={() => onStep(place)} />
            {place === open && each.relation !== "same" ? <Differences step={each} leftRun={leftRun} rightRun={rightRun} /> : null}
          </Fragment>
        ))}
      </ol>
    </>
  );
}

function Row({ step, first, forked, open, onOpen }: { step: RecordedStepPair; first: boolean; forked: boolean; open: boolean; onOpen: () => void }) {
  const { icon: Icon, word, tone } = RELATIONS[step.relation];
  return (
    <li>
      <button
        type="button"
        aria-expanded={step.relation === "same" ? undefined : open}
        disabled={step.relation === "same"}
        onClick={onOpen}
        className={cx("grid min-h-9 w-full grid-cols-[minmax(0,1fr)_4.5rem_minmax(0,1fr)] items-center text-left text-xs md:grid-cols-[minmax(0,1fr)_9rem_minmax(0,1fr)]", first ? "border-t-2 border-t-bad-mark" : "border-t border-line", open && step.relation !== "same" ? "bg-selected" : "enabled:hover:bg-hover")}
      >
        <Side step={step.left} />
        <span className={cx("flex flex-col items-center justify-center text-2xs", tone)}>
          <span className="flex items-center gap-1">
            <Icon className="size-3.5 shrink-0" aria-hidden /> {word}
          </span>
          {first ? (
            <span className="flex items-center gap-1 font-medium text-bad">
              <Split className="size-3" aria-hidden /> part here
            </span>
          ) : forked ? (
            <span className="text-accent">forked here</span>
          ) : null}
        </span>
        <Side step={step.right} />
      </button>
    </li>
  );
}

function Side({ step }: { step: RecordedStep | null }) {
  if (!step) return <span aria-hidden className="h-full bg-[repeating-linear-gradient(135deg,transparent_0_5px,var(--line)_5px_6px)] opacity-60" />;
  return (
    <span className="flex min-w-0 items-center gap-2 px-3">
      <span className="num w-5 shrink-0 text-right text-2xs text-faint">{step.step}</span>
      <KindIcon kind={step.kind === "model" ? "llm" : "tool"} />
      <span className="shrink-0 truncate max-sm:shrink">{step.target}</span>
      {step.answer ? <span className="hidden min-w-0 truncate font-mono text-2xs text-muted sm:inline">{step.answer}</span> : null}
    </span>
  );
}

function Differences({ step, leftRun, rightRun }: { step: RecordedStepPair; leftRun: string; rightRun: string }) {
  return (
    <li className="flex flex-col gap-3 border-t border-line bg-canvas p-4">
      {step.request_diff ? (
        <div>
          <h3 className="mb-1 text-2xs font-medium text-muted">What was asked</h3>
          <DiffText text={step.request_diff} label="What was asked, recorded and forked" />
        </div>
      ) : null}
      {step.answer_diff ? (
        <div>
          <h3 className="mb-1 text-2xs font-medium text-muted">What came back</h3>
          <DiffText text={step.answer_diff} label="What came back, recorded and forked" />
        </div>
      ) : null}
      {!step.request_diff && !step.answer_diff ? <p className="text-xs text-muted">{step.left?.answer ?? step.right?.answer ?? step.left?.hole ?? step.right?.hole ?? "Nothing of it was recorded."}</p> : null}
      <p className="flex gap-4 text-xs">
        {step.left ? <Open run={leftRun} call={step.left.exchange_id} words="Recorded call" /> : null}
        {step.right ? <Open run={rightRun} call={step.right.exchange_id} words="Forked call" /> : null}
      </p>
    </li>
  );
}

function Open({ run, call, words }: { run: string; call: string; words: string }) {
  return (
    <Link to="/runs/$runId" params={{ runId: run }} search={{ pane: "recordings", call }} className="link min-h-6 leading-6">
      {words}
    </Link>
  );
}
