import { Square } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { cx } from "@/ui/classes";
import { percent } from "@/ui/format";
import { SAID } from "../look";
import type { Rerun } from "../types";
import { LEAST_COLUMN, massOf, middleOf, numberEvery, peakOf, percentage, saidOf, spoken, startOf, type Said, type Uncounted } from "./layout";

export interface PictureStep {
  step: number;
  kind: string;
  target: string;
}

interface PictureProps {
  steps: readonly PictureStep[];
  reruns: readonly Rerun[];
  /** How likely each step is to be the one; entry 0: no step by itself. */
  mass: readonly number[] | undefined;
  /** The likeliest steps that together have `level` of it, while none of them is sure. */
  credible: readonly number[];
  level: number;
  uncounted: Uncounted;
  found: number | null;
  sure: boolean;
  chosen: number | undefined;
  onStep: (step: number) => void;
  rerun: number | undefined;
  onRerun: (number: number) => void;
}

/** Steps along the axis; how likely each is to be the one above it; below it each rerun, where it was switched. */
export function Picture({ steps, reruns, mass, credible, level, uncounted, found, sure, chosen, onStep, rerun, onRerun }: PictureProps) {
  const n = steps.length;
  const axis = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(600);
  useEffect(() => {
    const element = axis.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const likely = useMemo(() => massOf(mass, n), [mass, n]);
  const every = numberEvery(n, width);
  return (
    <figure className="min-w-0">
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Picture of the bisect">
        <div className="relative px-3 pt-3 pb-2 [--label:5.25rem] md:[--label:6.5rem]" style={{ minWidth: `calc(var(--label) + ${n * LEAST_COLUMN + 24}px)` }}>
          {found ? <Band step={found} steps={n} sure={sure} /> : null}
          <Likely likely={likely} steps={steps} found={found} known={mass !== undefined} />
          <div className="grid grid-cols-[var(--label)_minmax(0,1fr)] items-start">
            <span className="text-2xs leading-6 text-muted">step</span>
            <div ref={axis} className="relative h-6 border-t border-line-strong">
              {credible.map((step) => (step > 0 ? <i key={step} aria-hidden className="absolute -top-px h-0.5 bg-accent" style={{ left: percentage(startOf(step, n)), width: percentage(1 / n) }} /> : null))}
              {steps.map(({ step, target }) =>
                step === found || step === chosen || (step % every === 0 && !near(step, found, every) && !near(step, chosen, every)) || (step === 1 && every > 1 && !near(1, found, every)) ? (
                  <button
                    key={step}
                    type="button"
                    aria-pressed={step === chosen}
                    title={target}
                    onClick={() => onStep(step)}
                    className={cx("num absolute top-0 h-6 min-w-6 -translate-x-1/2 rounded text-2xs hover:underline", step === found ? "font-semibold text-text" : step === chosen ? "font-medium text-accent" : "text-muted")}
                    style={{ left: percentage(middleOf(step, n)) }}
                  >
                    <span className="sr-only">Step </span>
                    {step}
                  </button>
                ) : null,
              )}
            </div>
          </div>
          <ol aria-label={`Reruns. ${spoken(reruns, n, found, uncounted)}`} className="mt-1">
            {reruns.map((each) => (
              <Lane key={each.number} rerun={each} said={saidOf(each, uncounted)} why={uncounted.get(each.number)} steps={n} chosen={each.number === rerun} onChoose={() => onRerun(each.number)} />
            ))}
          </ol>
        </div>
      </div>
      <Legend credible={credible.length ? level : undefined} />
    </figure>
  );
}

/** Too close to a number that is written anyway. */
const near = (step: number, other: number | null | undefined, every: number) => other != null && other !== step && Math.abs(step - other) < every;

/** The step that was found, through everything. */
function Band({ step, steps, sure }: { step: number; steps: number; sure: boolean }) {
  const style = { left: `calc(0.75rem + var(--label) + (100% - var(--label) - 1.5rem) * ${startOf(step, steps).toFixed(5)})`, width: `calc((100% - var(--label) - 1.5rem) / ${steps})` };
  return <i aria-hidden style={style} className={cx("pointer-events-none absolute inset-y-1 rounded-sm border-x", sure ? "border-accent bg-accent-soft" : "border-dashed border-line-strong bg-hover")} />;
}

function Likely({ likely, steps, found, known }: { likely: readonly number[]; steps: readonly PictureStep[]; found: number | null; known: boolean }) {
  const peak = peakOf(likely);
  const none = likely[0] ?? 0;
  return (
    <div className="relative grid grid-cols-[var(--label)_minmax(0,1fr)]">
      <div className="flex flex-col justify-between pr-2 text-2xs text-muted">
        <span>how likely each step is the one</span>
        {known && none >= 0.005 ? <span className="num">
            no step by itself: <span className="whitespace-nowrap">{percent(none)}</span>
          </span> : null}
      </div>
      <div className="relative flex h-24 items-end" role="img" aria-label={known ? likelyWords(likely) : "Nothing is known yet"}>
        {steps.map(({ step, target }) => {
          const share = likely[step] ?? 0;
          return (
            <span key={step} className="relative flex h-full flex-1 items-end px-px" title={`step ${step}, ${target}: ${percent(share)}`}>
              <i aria-hidden className={cx("block w-full rounded-t-xs transition-[height] duration-300", step === found ? "bg-accent" : "bg-(--chart-runs)")} style={{ height: `${share > 0 ? Math.max(1.5, (share / (peak?.share ?? 1)) * 80) : 0}%` }} />
            </span>
          );
        })}
        {known && peak?.middle !== undefined ? (
          <span aria-hidden className="num absolute -translate-x-1/2 text-2xs font-medium whitespace-nowrap" style={{ bottom: "calc(80% + 2px)", left: `clamp(1.5rem, ${percentage(middleOf(peak.middle, steps.length))}, 100% - 1.5rem)` }}>
            {percent(peak.share)}
            {peak.steps.length > 1 ? " each" : ""}
          </span>
        ) : null}
        {known ? null : <span className="absolute inset-0 flex items-center justify-center text-2xs text-faint">Nothing is known yet</span>}
      </div>
    </div>
  );
}

function likelyWords(likely: readonly number[]): string {
  const best = likely
    .map((share, step) => ({ share, step }))
    .filter(({ share, step }) => step > 0 && share > 0.01)
    .sort((a, b) => b.share - a.share)
    .slice(0, 3);
  return `How likely each step is the one: ${best.map(({ share, step }) => `step ${step} ${percent(share)}`).join(", ") || "no step by itself"}`;
}

interface LaneProps {
  rerun: Rerun;
  said: Said;
  /** Why it says nothing. */
  why: string | undefined;
  steps: number;
  chosen: boolean;
  onChoose: () => void;
}

function Lane({ rerun, said, why, steps, chosen, onChoose }: LaneProps) {
  const { word, tone } = SAID[said];
  const at = rerun.switch ?? steps + 1;
  const where = rerun.switch === null ? "all as recorded" : rerun.only ? `step ${rerun.switch} alone put right` : `put right from step ${rerun.switch} on`;
  return (
    <li>
      <button
        type="button"
        aria-pressed={chosen}
        onClick={onChoose}
        title={`Rerun ${rerun.number}: ${where}, ${word}${why ? `: ${why}` : ""}`}
        className={cx("relative grid w-full grid-cols-[var(--label)_minmax(0,1fr)] items-center rounded text-left hover:bg-hover/60", chosen && "outline-2 outline-accent")}
      >
        <span className={cx("flex h-6 items-center gap-1.5 truncate text-2xs", tone)}>
          <span className="num w-4 shrink-0 text-right text-faint">{rerun.number}</span> {word}
          <span className="sr-only">: {where}</span>
        </span>
        <span aria-hidden className="relative block h-6">
          {rerun.only && rerun.switch ? (
            <>
              <i className="absolute top-1/2 h-px w-full bg-line-strong" />
              <Marker said={said} left={percentage(middleOf(at, steps))} only />
            </>
          ) : (
            <>
              <i className="absolute top-1/2 left-0 h-px bg-line-strong" style={{ width: percentage(Math.min(1, middleOf(at, steps))) }} />
              <i className={cx("absolute top-1/2 right-0 border-t-2", tone, said === "waiting" || said === "running" ? "border-dotted" : "border-solid", "border-current opacity-45")} style={{ left: percentage(Math.min(1, middleOf(at, steps))) }} />
              <Marker said={said} left={percentage(rerun.switch === null ? 1 : middleOf(at, steps))} />
            </>
          )}
        </span>
      </button>
    </li>
  );
}

function Marker({ said, left, only = false }: { said: Said; left: string; only?: boolean }) {
  const { icon: Icon, tone } = SAID[said];
  return (
    <span className={cx("absolute top-1/2 flex -translate-x-1/2 -translate-y-1/2 items-center justify-center rounded-full bg-surface", tone)} style={{ left }}>
      <Icon className="size-3.5" strokeWidth={2.25} />
      {only ? <Square className="absolute size-5" strokeWidth={1.25} /> : null}
    </span>
  );
}

function Legend({ credible }: { credible: number | undefined }) {
  return (
    <figcaption className="flex flex-wrap items-center gap-x-4 gap-y-1 border-t border-line px-4 py-2 text-2xs text-muted">
      <span className="flex items-center gap-1.5">
        <i aria-hidden className="h-px w-5 bg-line-strong" /> as recorded
      </span>
      <span className="flex items-center gap-1.5">
        <i aria-hidden className="w-5 border-t-2 border-current opacity-45" /> put right
      </span>
      {(["passed", "failed", "nothing"] as const).map((said) => {
        const { icon: Icon, word, tone } = SAID[said];
        return (
          <span key={said} className={cx("flex items-center gap-1", tone)}>
            <Icon className="size-3.5" aria-hidden /> {word}
          </span>
        );
      })}
      <span className="flex items-center gap-1">
        <Square className="size-3.5" aria-hidden /> that step alone, to confirm
      </span>
      {credible === undefined ? null : (
        <span className="flex items-center gap-1.5">
          <i aria-hidden className="h-0.5 w-5 bg-accent" /> together {percent(credible)} likely
        </span>
      )}
    </figcaption>
  );
}
