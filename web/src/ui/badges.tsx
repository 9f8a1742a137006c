import { Check, CircleAlert, CircleDashed, CircleHelp, Loader, ThumbsDown, ThumbsUp, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./classes";

type Tone = "ok" | "bad" | "warn" | "accent" | "quiet";

const TONES: Record<Tone, string> = {
  ok: "text-ok bg-ok-soft",
  bad: "text-bad bg-bad-soft",
  warn: "text-warn bg-warn-soft",
  accent: "text-accent bg-accent-soft",
  quiet: "text-muted bg-hover",
};

interface BadgeProps {
  tone?: Tone;
  title?: string | undefined;
  children: ReactNode;
  className?: string;
}

export function Badge({ tone = "quiet", title, children, className }: BadgeProps) {
  return (
    <span
      title={title}
      className={cx(
        "inline-flex h-5 shrink-0 items-center gap-1 rounded px-1.5 text-2xs font-medium whitespace-nowrap [&_svg]:size-3",
        TONES[tone],
        className,
      )}
    >
      {children}
    </span>
  );
}

/** How a run ended technically: an icon with its word (the word may be hidden, the label is not). */
export function StatusMark({ status, words = false }: { status: string; words?: boolean }) {
  const [Icon, tone, word] =
    status === "error"
      ? ([CircleAlert, "text-bad", "error"] as const)
      : status === "running"
        ? ([Loader, "text-accent motion-safe:animate-[spin_2.4s_linear_infinite]", "running"] as const)
        : status === "ok"
          ? ([Check, "text-ok", "ok"] as const)
          : ([CircleDashed, "text-faint", "unset"] as const);
  return (
    <span className="flex items-center gap-1.5 text-xs" title={`Status: ${word}`}>
      <Icon className={cx("size-3.5 shrink-0", tone)} role="img" aria-label={word} />
      {words ? <span className={tone.split(" ")[0]}>{word}</span> : null}
    </span>
  );
}

interface OutcomeBadgeProps {
  outcome: string;
  source?: string;
  reason?: string;
  /** Says what is unknown: where no heading does. */
  words?: boolean;
}

/** Whether the task succeeded, as far as anybody said. */
export function OutcomeBadge({ outcome, source, reason, words = false }: OutcomeBadgeProps) {
  const title = [
    outcome === "unknown" ? "Nobody has said whether the task succeeded" : `Outcome: ${outcome}`,
    source ? `said by ${source}` : "",
    reason ?? "",
  ]
    .filter(Boolean)
    .join(" · ");
  if (outcome === "success")
    return (
      <Badge tone="ok" title={title}>
        <ThumbsUp aria-hidden /> success
      </Badge>
    );
  if (outcome === "failure")
    return (
      <Badge tone="bad" title={title}>
        <ThumbsDown aria-hidden /> failure
      </Badge>
    );
  return (
    <span title={title} className="inline-flex shrink-0 items-center gap-1 text-2xs whitespace-nowrap text-faint [&_svg]:size-3">
      <CircleHelp aria-hidden /> {words ? "outcome unknown" : "unknown"}
    </span>
  );
}

export function Warning({ children, title }: { children: ReactNode; title?: string }) {
  return (
    <Badge tone="warn" title={title}>
      <TriangleAlert aria-hidden /> {children}
    </Badge>
  );
}
