import type { ReactNode } from "react";
import { cx } from "@/ui/classes";
import { money, percent, plural, UNKNOWN } from "@/ui/format";
import type { Resampling } from "../types";

type Decision = Resampling["items"][number];

const STATES = { running: "", done: "Done", cancelled: "Cancelled", out_of_budget: "Out of budget" } as const;

/** How far it is and what it costs; then each decision, and how often the model decided otherwise. */
export function Decisions({ found, onSelect, children }: { found: Resampling; onSelect: (spanId: string) => void; children: ReactNode }) {
  const running = found.state === "running";
  // Where nothing came back at all, the reason is the result.
  const mute = !running && found.items.length > 0 && found.items.every((each) => each.failure === null);
  const notes = found.notes.map((note) => (
    <p key={note} className={cx("[overflow-wrap:anywhere]", mute ? "text-warn" : "text-2xs text-muted")}>
      {note}
    </p>
  ));
  const cost = `${money(found.cost_usd)}${found.most_usd === null ? "" : ` of at most ${money(found.most_usd)}`}`;
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-48 flex-1">
          <p className="num flex flex-wrap justify-between gap-x-4">
            <span className="font-medium">
              {running ? "" : `${STATES[found.state]} · `}
              {found.done} of {plural(found.planned, "call")}
            </span>
            <span className="text-muted">{cost}</span>
          </p>
          {running ? <progress className="mt-1 block h-1.5 w-full" max={Math.max(1, found.planned)} value={found.done} aria-label={`${found.done} of ${found.planned} calls`} /> : null}
        </div>
        {children}
      </div>
      {mute ? notes : null}
      {found.items.length ? (
        <ul aria-label="Decisions asked for again" className="flex flex-col gap-2">
          {found.items.map((each) => (
            <One key={each.step} decision={each} running={running} onOpen={each.span_id ? () => onSelect(each.span_id ?? "") : undefined} />
          ))}
        </ul>
      ) : null}
      {found.opinion ? (
        <p>
          A judge ({found.opinion.endpoint}) {found.opinion.step ? `blames step ${found.opinion.step}` : "blames none of them"}: <span className="text-muted">{found.opinion.reason}</span>
        </p>
      ) : null}
      {mute ? null : notes}
    </>
  );
}

function One({ decision, running, onOpen }: { decision: Decision; running: boolean; onOpen: (() => void) | undefined }) {
  const { step, recorded, asked, failed, failure, low, high, other, other_times: times, note } = decision;
  const n = asked - failed;
  // More than half, whatever chance did: the recorded decision is not what the model usually does.
  const slip = failure !== null && low > 0.5;
  return (
    <li className="rounded-lg border border-line p-3">
      <p className="num flex flex-wrap items-center gap-x-3 gap-y-1">
        {onOpen ? (
          <button type="button" onClick={onOpen} className="link min-h-6 font-medium">
            step {step}
          </button>
        ) : (
          <span className="font-medium">step {step}</span>
        )}
        {failure === null ? (
          <span className="text-muted">
            {UNKNOWN} nothing came back{running ? " yet" : ""}
          </span>
        ) : (
          <>
            <Interval low={low} high={high} share={failure} slip={slip} />
            <span className={slip ? "font-medium text-bad" : "text-muted"} title="95 % interval (Wilson)">
              decided otherwise in {percent(failure)} ({percent(low)} to {percent(high)}, n {n})
            </span>
          </>
        )}
      </p>
      {recorded ? <Words label="recorded" text={recorded} /> : null}
      {other ? <Words label={`${times} of ${n} times`} text={other} /> : null}
      {failed ? <p className="mt-1 text-2xs text-muted">{plural(failed, "call")} brought no answer</p> : null}
      {note ? <p className="mt-1 text-2xs text-muted">{note}</p> : null}
    </li>
  );
}

/** From 0 to 100 %: where the share lies for sure, and what was seen. */
function Interval({ low, high, share, slip }: { low: number; high: number; share: number; slip: boolean }) {
  const at = (value: number) => `${(value * 100).toFixed(1)}%`;
  return (
    <i aria-hidden className="relative block h-2 w-20 overflow-hidden rounded bg-hover">
      <i className={cx("absolute inset-y-0", slip ? "bg-bad-mark opacity-60" : "bg-line-strong")} style={{ left: at(low), right: at(1 - high) }} />
      <i className="absolute inset-y-0 w-0.5 -translate-x-1/2 bg-text" style={{ left: `clamp(1px, ${at(share)}, 100% - 1px)` }} />
    </i>
  );
}

function Words({ label, text }: { label: string; text: string }) {
  return (
    <p className="mt-1 line-clamp-2 text-muted [overflow-wrap:anywhere]">
      <span className="text-2xs">{label}:</span> <span className="font-mono text-2xs text-text">{text}</span>
    </p>
  );
}
