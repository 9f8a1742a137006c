import { BellOff, CircleCheck, CircleDot, RotateCcw, type LucideIcon } from "lucide-react";
import { cx } from "@/ui/classes";
import type { IssueState } from "../types";

interface StateLook {
  icon: LucideIcon;
  label: string;
  tone: string;
  help: string;
}

export const STATES: Record<IssueState, StateLook> = {
  open: { icon: CircleDot, label: "open", tone: "text-warn", help: "Nobody has dealt with it yet" },
  regressed: { icon: RotateCcw, label: "came back", tone: "text-bad", help: "It was resolved, and a later run failed the same way" },
  muted: { icon: BellOff, label: "muted", tone: "text-muted", help: "Known, and not to be shown among the open ones" },
  resolved: { icon: CircleCheck, label: "resolved", tone: "text-ok", help: "Dealt with; a later run that fails the same way opens it again" },
};

export function StateMark({ state, words = false }: { state: IssueState; words?: boolean }) {
  const { icon: Icon, label, tone, help } = STATES[state];
  return (
    <span className={cx("inline-flex shrink-0 items-center gap-1.5 text-xs", tone)} title={help}>
      <Icon className="size-3.5 shrink-0" role="img" aria-label={label} />
      {words ? label : null}
    </span>
  );
}
