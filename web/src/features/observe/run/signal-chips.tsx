import { CircleAlert, CircleMinus, Info, TriangleAlert } from "lucide-react";
import type { Run, Span } from "@/client/types";
import { cx } from "@/ui/classes";
import { signalsOf, type Signal } from "./signals";

/** What the shape of a run tells: failures, hidden ones, parts that never came. */
export function SignalChips({ run, spans, onSelect }: { run: Run; spans: readonly Span[]; onSelect: (spanId: string) => void }) {
  return (
    <span className="flex flex-wrap items-center gap-1.5">
      {signalsOf(run, spans).map((signal) => (
        <SignalChip key={signal.id} signal={signal} onSelect={onSelect} />
      ))}
    </span>
  );
}

const TONES: Record<Signal["tone"], string> = { bad: "text-bad bg-bad-soft", warn: "text-warn bg-warn-soft", quiet: "text-muted bg-hover" };

function SignalChip({ signal, onSelect }: { signal: Signal; onSelect: (spanId: string) => void }) {
  const Icon = signal.tone === "bad" ? CircleAlert : signal.tone === "quiet" ? Info : signal.id === "negative" ? CircleMinus : TriangleAlert;
  const { spanId } = signal;
  const look = cx("inline-flex h-5 items-center gap-1 rounded px-1.5 text-2xs font-medium whitespace-nowrap", TONES[signal.tone]);
  const inside = (
    <>
      <Icon className="size-3" aria-hidden /> {signal.text}
    </>
  );
  return spanId ? (
    <button type="button" className={cx(look, "hover:underline")} title={`${signal.help}. Go to the first.`} onClick={() => onSelect(spanId)}>
      {inside}
    </button>
  ) : (
    <span className={look} title={signal.help}>
      {inside}
    </span>
  );
}
