import { BellRing, CirclePause, GraduationCap, ShieldCheck, VolumeX, type LucideIcon } from "lucide-react";
import { Badge } from "@/ui/badges";
import { cx } from "@/ui/classes";
import { count, percent, UNKNOWN } from "@/ui/format";
import { interval } from "@/ui/rate";
import type { Monitor, Seen } from "./types";
import { learningWords, shareWords, stateOf, type State } from "./words";

const STATES: Record<State, readonly [LucideIcon, "bad" | "warn" | "ok" | "accent" | "quiet", string]> = {
  alarmed: [BellRing, "bad", "Its evidence reached the threshold; it stands until the figure is back where it was"],
  silent: [VolumeX, "bad", "Results stopped coming, or come a hundredfold"],
  armed: [ShieldCheck, "ok", "It watches"],
  learning: [GraduationCap, "accent", "It learns what is usual and raises no alarm yet"],
  paused: [CirclePause, "warn", "Results that come are not looked at"],
};

export function PhaseMark({ monitor }: { monitor: Pick<Monitor, "phase" | "signal"> }) {
  const state = stateOf(monitor);
  const [Icon, tone, title] = STATES[state];
  return (
    <Badge tone={tone} title={title}>
      <Icon aria-hidden /> {state}
    </Badge>
  );
}

/** Evidence as a share of the threshold: a bar and its number. Before it is armed, how much of the reference is there. */
export function EvidenceBar({ monitor, className }: { monitor: Monitor; className?: string }) {
  const state = stateOf(monitor);
  if (state === "paused") return <span className="text-xs text-muted">not looked at</span>;
  if (monitor.signal === "volume") return <span className="text-xs text-muted">{state === "silent" ? "no results come" : state === "learning" ? "learning its pauses" : "results come"}</span>;
  if (state === "learning") {
    const share = monitor.learning ? Math.min(1, monitor.learning.results / Math.max(1, monitor.learning.results_needed)) : 0;
    return <Bar share={share} look="bg-accent" words={learningWords(monitor)} {...(className ? { className } : {})} />;
  }
  const share = state === "alarmed" ? 1 : monitor.evidence;
  const words = state === "alarmed" ? "threshold reached" : `${shareWords(share)} of threshold`;
  return <Bar share={share} look={share >= 1 ? "bg-bad-mark" : share >= 0.5 ? "bg-warn-mark" : "bg-ok"} words={words} {...(className ? { className } : {})} />;
}

export function Bar({ share, look, words, className }: { share: number; look: string; words: string; className?: string }) {
  return (
    <span className={cx("flex min-w-0 flex-col gap-1", className)}>
      <span className="num truncate text-xs" title={words}>
        {words}
      </span>
      <span aria-hidden className="block h-1.5 w-full overflow-hidden rounded-full bg-hover">
        <i className={cx("block h-full rounded-full", look)} style={{ width: `${Math.max(0, Math.min(1, share)) * 100}%` }} />
      </span>
    </span>
  );
}

interface SeenRateProps {
  /** Already as people say it. */
  seen: Seen;
  ofWhat: string;
  stacked?: boolean;
}

/** A rate with its n and its 95 % interval; unknown where nothing was seen. */
export function SeenRate({ seen, ofWhat, stacked = false }: SeenRateProps) {
  const look = cx("num inline-flex whitespace-nowrap", stacked ? "flex-col items-end leading-4" : "items-baseline gap-1");
  if (seen.mean === null)
    return (
      <span className={cx(look, "text-faint")} title={`Unknown: no ${ofWhat} in this time`}>
        <span>{UNKNOWN}</span> <span className="text-2xs">n 0</span>
      </span>
    );
  const known = seen.low !== null && seen.high !== null;
  return (
    <span className={look} title={known ? `95 % interval ${percent(seen.low)} to ${percent(seen.high)}, of ${count(seen.n)} ${ofWhat}` : undefined}>
      <span>{percent(seen.mean)}</span>
      <span className="text-2xs text-faint">
        {known ? `${interval(seen.mean, seen.low ?? 0, seen.high ?? 1)}, ` : ""}n {count(seen.n)}
      </span>
    </span>
  );
}
