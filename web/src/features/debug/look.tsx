import { CircleCheck, CircleDashed, CircleHelp, CircleX, GitFork, Loader, Repeat, SearchCheck, type LucideIcon } from "lucide-react";
import { Badge } from "@/ui/badges";
import { cx } from "@/ui/classes";
import { plural } from "@/ui/format";
import type { Said } from "./bisect/layout";
import type { InquiryKind, InquiryRow } from "./types";

interface KindWords {
  icon: LucideIcon;
  word: string;
  what: string;
}

export const KINDS: Record<InquiryKind, KindWords> = {
  replay: { icon: Repeat, word: "Replay", what: "Executed again, every call answered from the recording" },
  fork: { icon: GitFork, word: "Fork", what: "As recorded up to a step, then with one thing changed" },
  bisect: { icon: SearchCheck, word: "Bisect", what: "Which step made it fail, found by executing it again" },
};

export function KindMark({ kind }: { kind: InquiryKind }) {
  const { icon: Icon, word, what } = KINDS[kind];
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap" title={what}>
      <Icon className="size-3.5 shrink-0 text-muted" aria-hidden /> {word}
    </span>
  );
}

const STATES = { running: "under way", done: "done", cancelled: "cancelled", out_of_budget: "out of budget" } as const;

/** Where it stands: how far along while it works, one word after. */
export function InquiryState({ inquiry }: { inquiry: Pick<InquiryRow, "state" | "progress"> }) {
  const { done, planned } = inquiry.progress;
  if (inquiry.state !== "running") return <Badge tone={inquiry.state === "done" ? "quiet" : "warn"}>{STATES[inquiry.state]}</Badge>;
  return (
    <span className="flex items-center gap-2 text-xs" title={`${done} of ${plural(planned, "rerun")} so far`}>
      <progress className="h-1.5 w-16" max={Math.max(planned, 1)} value={done} aria-label={`${done} of ${planned} reruns`} />
      <span className="num text-2xs text-muted">
        {done}/{planned}
      </span>
    </span>
  );
}

interface SaidLook {
  icon: LucideIcon;
  word: string;
  tone: string;
}

/** What a rerun came to: a shape and a word, not a colour alone. */
export const SAID: Record<Said, SaidLook> = {
  passed: { icon: CircleCheck, word: "succeeded", tone: "text-ok" },
  failed: { icon: CircleX, word: "failed", tone: "text-bad" },
  nothing: { icon: CircleHelp, word: "says nothing", tone: "text-muted" },
  running: { icon: Loader, word: "under way", tone: "text-accent" },
  waiting: { icon: CircleDashed, word: "waiting", tone: "text-faint" },
};

export function SaidMark({ said, word }: { said: Said; word?: string }) {
  const { icon: Icon, word: usual, tone } = SAID[said];
  return (
    <span className={cx("inline-flex items-center gap-1.5 text-xs whitespace-nowrap", tone)}>
      <Icon className={cx("size-3.5 shrink-0", said === "running" && "motion-safe:animate-[spin_2.4s_linear_infinite]")} aria-hidden /> {word ?? usual}
    </span>
  );
}

export type How = "recorded" | "dated" | "good" | "changed" | "live" | "miss" | "hole";
type Tone = "ok" | "bad" | "warn" | "accent" | "quiet";

/** How a call of a rerun was answered. */
export const HOWS: Record<How, { word: string; what: string; tone: Tone }> = {
  recorded: { word: "recorded", what: "Asked word for word as recorded, and answered with the recording", tone: "quiet" },
  dated: { word: "recorded, but for dates", what: "Only dates or times were asked differently", tone: "quiet" },
  good: { word: "good run", what: "Answered with what the good run got", tone: "accent" },
  changed: { word: "changed", what: "Answered with what was put in its place", tone: "accent" },
  live: { word: "really asked", what: "It was not in the recording's part, and was asked for real", tone: "warn" },
  miss: { word: "not in the recording", what: "The agent asked something that was never recorded, and got an error", tone: "bad" },
  hole: { word: "recording missing", what: "The call was made in the run, but its recording is not there", tone: "bad" },
};

const isHow = (how: string): how is How => how in HOWS;

export const howWords = (how: string): string => (isHow(how) ? HOWS[how].word : how);

export function HowBadge({ how }: { how: string }) {
  const { word, what, tone } = isHow(how) ? HOWS[how] : { word: how, what: how, tone: "quiet" as const };
  return (
    <Badge tone={tone} title={what}>
      {word}
    </Badge>
  );
}
