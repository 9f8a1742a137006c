import { CircleCheck, Ellipsis, Eye, Merge, Pencil, ShieldHalf, Undo2, type LucideIcon } from "lucide-react";
import { IconButton } from "@/ui/button";
import { cx } from "@/ui/classes";
import { Keys } from "@/ui/keys";
import { Menu, MenuItem } from "@/ui/overlay";
import type { Action, Incident } from "./types";

const LOOKS: Record<Action, readonly [LucideIcon, string, string]> = {
  acknowledge: [Eye, "Acknowledge", "a"],
  mitigate: [ShieldHalf, "Mitigated", "m"],
  resolve: [CircleCheck, "Resolve", "e"],
  reopen: [Undo2, "Reopen", "r"],
};
const ORDER: readonly Action[] = ["acknowledge", "mitigate", "resolve", "reopen"];

/** Big enough for a thumb. The first is what the state asks for. */
export function IncidentActions({ incident, busy, onAct }: { incident: Incident; busy: boolean; onAct: (action: Action) => void }) {
  const shown = ORDER.filter((action) => incident.actions.includes(action));
  if (shown.length === 0) return null;
  return (
    <div role="group" aria-label="What to do" className="flex gap-2">
      {shown.map((action, index) => {
        const [Icon, label, key] = LOOKS[action];
        return (
          <button
            key={action}
            type="button"
            disabled={busy}
            onClick={() => onAct(action)}
            className={cx(
              "flex h-12 flex-1 items-center justify-center gap-2 rounded-lg border px-2 text-sm font-medium transition-colors disabled:opacity-50 md:h-11 md:max-w-56",
              index === 0 && action !== "reopen" ? "border-transparent bg-accent text-on-accent hover:bg-accent-strong" : "border-line-strong bg-surface shadow-card hover:bg-hover",
            )}
          >
            <Icon className="size-4 shrink-0" aria-hidden /> {label}
            <span className="max-md:hidden">
              <Keys value={key} />
            </span>
          </button>
        );
      })}
    </div>
  );
}

export function MoreActions({ onEdit, onMerge }: { onEdit: () => void; onMerge: (() => void) | undefined }) {
  return (
    <Menu
      align="end"
      trigger={
        <IconButton label="More">
          <Ellipsis />
        </IconButton>
      }
    >
      <MenuItem onClick={onEdit}>
        <Pencil aria-hidden /> Edit title, severity, assignee
      </MenuItem>
      {onMerge ? (
        <MenuItem onClick={onMerge}>
          <Merge aria-hidden /> Merge into another
        </MenuItem>
      ) : null}
    </Menu>
  );
}
