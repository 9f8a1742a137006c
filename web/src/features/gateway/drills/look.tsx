import { CircleCheck, CircleHelp, CircleSlash, MessageCircleWarning, OctagonX, ShieldAlert, type LucideIcon } from "lucide-react";
import { cx } from "@/ui/classes";
import { Rate } from "@/ui/rate";
import type { Share, Verdict } from "./queries";

interface VerdictLook {
  word: string;
  what: string;
  icon: LucideIcon;
  text: string;
  fill: string;
}

/** How each verdict looks: worst first, as they stand in bars and legends. */
export const VERDICTS: Record<Verdict, VerdictLook> = {
  silently_wrong: { word: "silently wrong", what: "It answered as if nothing had happened, and the answer is not right", icon: ShieldAlert, text: "text-bad", fill: "var(--bad-mark)" },
  crashed: { word: "crashed or hung", what: "It ended with an error, or not in time", icon: OctagonX, text: "text-warn", fill: "var(--warn-mark)" },
  said_so: { word: "said so", what: "It told the user that something failed", icon: MessageCircleWarning, text: "text-accent", fill: "var(--accent)" },
  recovered: { word: "recovered", what: "The right answer all the same", icon: CircleCheck, text: "text-ok", fill: "var(--ok)" },
  unknown: { word: "cannot be told", what: "The task has no steady answer to compare with", icon: CircleHelp, text: "text-muted", fill: "var(--line-strong)" },
  not_reached: { word: "not reached", what: "The call that was to fail was never made: it counts for nothing", icon: CircleSlash, text: "text-faint", fill: "var(--line)" },
};

export const ORDER = Object.keys(VERDICTS) as Verdict[];

export function VerdictMark({ verdict }: { verdict: Verdict }) {
  const { icon: Icon, word, what, text } = VERDICTS[verdict];
  return (
    <span className={cx("inline-flex items-center gap-1.5 text-xs whitespace-nowrap", text)} title={what}>
      <Icon className="size-3.5 shrink-0" aria-hidden /> {word}
    </span>
  );
}

/** What became of the runs, as parts of a bar; the words beside it say the same. */
export function VerdictBar({ share, className, none = "no runs yet" }: { share: Share; className?: string; none?: string }) {
  const parts = ORDER.map((verdict) => ({ verdict, n: share[verdict] })).filter(({ n }) => n > 0);
  const all = parts.reduce((sum, { n }) => sum + n, 0);
  const words = parts.map(({ verdict, n }) => `${n} ${VERDICTS[verdict].word}`).join(", ");
  if (all === 0) return <span className={cx("text-xs text-faint", className)}>{none}</span>;
  return (
    <span className={cx("flex flex-col gap-1", className)}>
      <span role="img" aria-label={words} title={words} className="flex h-2.5 w-full gap-px overflow-hidden rounded">
        {parts.map(({ verdict, n }) => (
          <i key={verdict} style={{ flexGrow: n, background: VERDICTS[verdict].fill }} />
        ))}
      </span>
      <span className="num truncate text-2xs text-muted" title={words}>
        {words}
      </span>
    </span>
  );
}

export function Survived({ share, stacked = true }: { share: Share; stacked?: boolean }) {
  return <Rate hits={share.survived} n={share.decided} low={share.low} high={share.high} ofWhat="run" stacked={stacked} />;
}
