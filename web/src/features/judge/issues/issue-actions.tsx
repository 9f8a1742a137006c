import { BellOff, ChevronDown, CircleCheck, UserPlus } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/ui/button";
import { Keys } from "@/ui/keys";
import { Menu, MenuItem } from "@/ui/overlay";
import type { Issue, IssueChange } from "../types";
import { SayWhy } from "./say-why";
import { toggled } from "./selection";

interface IssueActionsProps {
  issue: Issue;
  onChange: (change: IssueChange, done: string) => void;
  onAssign: () => void;
}

const MUTES = [
  [1, "for a day"],
  [7, "for a week"],
  [30, "for 30 days"],
] as const;

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

/** What can be done about an issue; the commonest by one key, the rest in a menu beside it. */
export function IssueActions({ issue, onChange, onAssign }: IssueActionsProps) {
  const [why, setWhy] = useState<"resolved" | "muted">();
  const act = (wanted: "resolved" | "muted") => {
    const { change, done } = toggled(issue, wanted);
    onChange(change, done);
  };
  const releases = issue.releases.map((each) => each.release).filter(Boolean).slice(0, 5);
  const more = (label: string) => (
    <IconButton label={label} size="sm">
      <ChevronDown />
    </IconButton>
  );
  return (
    <>
      <span className="flex items-center">
        <Button onClick={() => act("resolved")}>
          <CircleCheck className="size-3.5 text-muted" aria-hidden /> {issue.state === "resolved" ? "Open again" : "Resolve"} <Keys value="e" />
        </Button>
        {issue.state !== "resolved" ? (
          <Menu align="end" trigger={more("Resolve in a release, or say why")}>
            <MenuItem onClick={() => setWhy("resolved")}>Resolve, and say why…</MenuItem>
            {releases.map((release) => (
              <MenuItem key={release} onClick={() => onChange({ state: "resolved", resolved_in_release: release }, `Resolved: only ${release} can bring it back`)}>
                Resolved in {release}
              </MenuItem>
            ))}
          </Menu>
        ) : null}
      </span>
      <span className="flex items-center">
        <Button onClick={() => act("muted")}>
          <BellOff className="size-3.5 text-muted" aria-hidden /> {issue.state === "muted" ? "Unmute" : "Mute"} <Keys value="m" />
        </Button>
        {issue.state === "muted" ? null : (
          <Menu align="end" trigger={more("Mute for a time, or say why")}>
            <MenuItem onClick={() => setWhy("muted")}>Mute, and say why…</MenuItem>
            {MUTES.map(([days, words]) => (
              <MenuItem key={days} onClick={() => onChange({ state: "muted", mute_until: inDays(days) }, `Muted ${words}`)}>
                Mute {words}
              </MenuItem>
            ))}
          </Menu>
        )}
      </span>
      {why ? <SayWhy issue={issue} state={why} onClose={() => setWhy(undefined)} onChange={onChange} /> : null}
      <Button onClick={onAssign}>
        <UserPlus className="size-3.5 text-muted" aria-hidden /> {issue.assignee ?? "Assign"} <Keys value="a" />
      </Button>
    </>
  );
}
