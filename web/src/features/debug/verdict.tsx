import { CircleCheck, CircleHelp, CircleX, Crosshair, Split, type LucideIcon } from "lucide-react";
import { cx } from "@/ui/classes";
import { percent } from "@/ui/format";
import { bisectFinding, forkFinding, replayFinding, type BisectFinding, type Outcome } from "./finding";
import type { InquiryRow } from "./types";

interface Words {
  icon: LucideIcon;
  tone: string;
  text: string;
}

/** What an inquiry came to, in a few words; nothing while it works. */
export function Verdict({ inquiry, large = false }: { inquiry: InquiryRow; large?: boolean }) {
  const words = wordsOf(inquiry);
  if (!words) return null;
  const { icon: Icon, tone, text } = words;
  return (
    <span className={cx("inline-flex min-w-0 items-center gap-1.5", large ? "text-lg font-semibold tracking-[-0.01em]" : "text-xs", tone)}>
      <Icon className={cx("shrink-0", large ? "size-5" : "size-3.5")} aria-hidden /> {large ? text.charAt(0).toUpperCase() + text.slice(1) : text}
    </span>
  );
}

export function wordsOf(inquiry: InquiryRow): Words | undefined {
  const [replay, fork, bisect] = [replayFinding(inquiry), forkFinding(inquiry), bisectFinding(inquiry)];
  if (replay) return OUTCOMES[replay.outcome](replay.diverged_at);
  if (fork) {
    if (fork.outcome === "diverged") return { icon: Split, tone: "text-warn", text: "it left the recording before the fork" };
    if (fork.outcome === "cannot_tell") return UNTOLD;
    const all = fork.passed + fork.failed + fork.unknown;
    if (fork.passed + fork.failed > 0) return fork.failed === 0 ? { icon: CircleCheck, tone: "text-ok", text: `succeeds (${fork.passed} of ${all})` } : { icon: CircleX, tone: "text-bad", text: `${fork.passed} of ${all} succeed` };
    return fork.as_recorded === all ? { icon: CircleHelp, tone: "text-muted", text: "the same answer all the same" } : { icon: Split, tone: "text-accent", text: "another answer" };
  }
  if (bisect) {
    if (bisect.state === "sure" && bisect.step !== null) return { icon: Crosshair, tone: "text-accent", text: `step ${bisect.step}, ${percent(bisect.confidence)} sure` };
    if (bisect.state === "unsure" && bisect.step !== null) return { icon: CircleHelp, tone: "text-warn", text: unsureWords(bisect) };
    if (bisect.state === "not_a_step") return { icon: CircleX, tone: "text-warn", text: "no step by itself" };
    return UNTOLD;
  }
  return undefined;
}

/** The likeliest step where it is more likely than all others together; else where the search has come to. */
export function unsureWords({ step, confidence, credible, level }: Pick<BisectFinding, "step" | "confidence" | "credible" | "level">): string {
  const steps = credible.filter((each) => each > 0).sort((a, b) => a - b);
  const [first, last] = [steps[0], steps.at(-1)];
  if (confidence >= 0.5 || first === undefined || last === undefined) return `perhaps step ${step ?? "?"}, ${percent(confidence)} sure`;
  const where = first === last ? `step ${first}` : last - first + 1 === steps.length ? `one of steps ${first} to ${last}` : `one of ${steps.length} steps`;
  return `${where}${credible.includes(0) ? " or none" : ""}, ${percent(level)} sure`;
}

const UNTOLD: Words = { icon: CircleHelp, tone: "text-muted", text: "cannot be told" };

const OUTCOMES: Record<Outcome, (at: number | null) => Words> = {
  identical: () => ({ icon: CircleCheck, tone: "text-ok", text: "identical" }),
  same_calls: () => ({ icon: CircleCheck, tone: "text-ok", text: "the same calls" }),
  other_answer: () => ({ icon: Split, tone: "text-warn", text: "the same calls, another answer" }),
  fewer_calls: () => ({ icon: Split, tone: "text-warn", text: "ended early" }),
  diverged: (at) => ({ icon: Split, tone: "text-warn", text: at === null ? "diverged" : `diverged at step ${at}` }),
  cannot_tell: () => UNTOLD,
  crashed: () => ({ icon: CircleX, tone: "text-bad", text: "crashed or hung" }),
};
