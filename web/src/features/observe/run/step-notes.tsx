import { CircleAlert, Info } from "lucide-react";
import type { Span } from "@/client/types";
import { hasFlag } from "./tree";

/** What a reader must know before believing a step, in words. */
const NOTES: readonly (readonly [string, string])[] = [
  ["inferred", "No span was sent for this step: it was read out of the messages of its neighbours, so its times are only bounds."],
  ["inferred_error", "Its status said OK, but what it carried is a failure."],
  ["negative_result", "The result says no, without being a failure of the tool."],
  ["aggregate", "Its token counts are totals of the steps below it: it is not a call of its own."],
  ["unended", "It never ended: the process may have died, or its end was not sent."],
  ["clock_skew", "A clock is off: its times lie more than a day from when it arrived, or it ends before it starts."],
  ["orphan", "Its parent was not received."],
  ["parent_cycle", "Its parents form a circle, which was cut here."],
  ["estimated_tokens", "Its token counts are estimates."],
  ["masked", "A secret in it was masked before it was stored."],
  ["truncated", "Part of it was cut when it was received."],
];

interface StepNotesProps {
  span: Span;
  onSelect: (spanId: string) => void;
  onFull: (() => void) | undefined;
}

export function StepNotes({ span, onSelect, onFull }: StepNotesProps) {
  const { merged_into } = span;
  const notes = NOTES.filter(([flag]) => hasFlag(span, flag));
  return (
    <>
      {span.error || span.status === "error" ? (
        <div role="note" className="rounded-lg bg-bad-soft px-3 py-2 text-xs text-bad">
          <p className="flex items-center gap-1.5 font-semibold">
            <CircleAlert className="size-3.5 shrink-0" aria-hidden /> {span.error_type ?? "Error"}
          </p>
          {span.error ? <p className="mt-1 max-h-60 overflow-y-auto font-mono text-2xs leading-4 [overflow-wrap:anywhere] whitespace-pre-wrap">{span.error}</p> : null}
        </div>
      ) : null}
      {merged_into ? (
        <Note>
          Reports the same call as{" "}
          <button type="button" className="link" onClick={() => onSelect(merged_into)}>
            another step
          </button>
          , which is counted in its place.
        </Note>
      ) : null}
      {notes.map(([flag, text]) => (
        <Note key={flag}>{text}</Note>
      ))}
      {span.truncated && onFull ? (
        <Note>
          Long values are cut here at 65,536 characters.{" "}
          <button type="button" className="link" onClick={onFull}>
            Load all of it
          </button>
        </Note>
      ) : null}
    </>
  );
}

function Note({ children }: { children: React.ReactNode }) {
  return (
    <p role="note" className="flex items-start gap-1.5 rounded-lg bg-hover px-3 py-1.5 text-xs text-muted">
      <Info className="mt-0.5 size-3.5 shrink-0" aria-hidden />
      <span>{children}</span>
    </p>
  );
}
