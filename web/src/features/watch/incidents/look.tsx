import { BellRing, CircleAlert, CircleCheck, Eye, Info, OctagonAlert, ShieldHalf, TriangleAlert, Undo2, type LucideIcon } from "lucide-react";
import { Badge } from "@/ui/badges";
import { cx } from "@/ui/classes";
import type { IncidentState, Severity } from "./types";

const SEVERITIES: Record<Severity, readonly [LucideIcon, string]> = {
  critical: [OctagonAlert, "text-bad"],
  error: [CircleAlert, "text-bad"],
  warning: [TriangleAlert, "text-warn"],
  info: [Info, "text-muted"],
};

/** How bad: an icon with its word. */
export function SeverityMark({ severity, words = true, className }: { severity: Severity; words?: boolean; className?: string }) {
  const [Icon, tone] = SEVERITIES[severity];
  return (
    <span className={cx("inline-flex shrink-0 items-center gap-1.5 text-xs", tone, severity === "critical" && "font-semibold", className)} title={`Severity: ${severity}`}>
      <Icon className="size-4 shrink-0" role={words ? undefined : "img"} aria-label={words ? undefined : severity} aria-hidden={words || undefined} />
      {words ? severity : null}
    </span>
  );
}

const STATES: Record<IncidentState, readonly [LucideIcon, "bad" | "warn" | "accent" | "ok", string]> = {
  open: [BellRing, "bad", "Nobody has said that they look after it"],
  reopened: [Undo2, "bad", "It was over and is not"],
  acknowledged: [Eye, "accent", "Somebody looks after it"],
  mitigated: [ShieldHalf, "warn", "Users are no longer hurt; the cause is still there"],
  resolved: [CircleCheck, "ok", "It is over"],
};

export function StateMark({ state }: { state: IncidentState }) {
  const [Icon, tone, title] = STATES[state];
  return (
    <Badge tone={tone} title={title}>
      <Icon aria-hidden /> {state}
    </Badge>
  );
}
