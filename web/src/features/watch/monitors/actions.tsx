import { Ellipsis, Pause, Pencil, Play, RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/ui/button";
import { inputClass, Labelled } from "@/ui/form";
import { Dialog, Menu, MenuItem } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { useDeed, type Deed } from "./changes";
import { MonitorDialog } from "./monitor-dialog";
import type { Monitor } from "./types";

type Asked = Deed["kind"];

const TITLES: Record<Asked, readonly [string, string, string]> = {
  pause: ["Pause this monitor", "Results that come meanwhile are not looked at: a fall in this time is not noticed.", "Pause it"],
  resume: ["Let it watch again", "It goes on from where it stood.", "Resume it"],
  rebaseline: ["Learn anew what is usual", "What comes from now on is normal: its reference is thrown away and learned again, and until then it raises no alarm. An alarm that stands is over.", "Learn anew"],
  delete: ["Delete this monitor", "It watches no more and does not come back by itself. Its alarms stay.", "Delete it"],
};

interface ActionsProps {
  project: string;
  monitor: Monitor;
  /** Called when it was deleted. */
  onGone?: () => void;
}

/** Pause, learn anew, change, delete; each says what it does before it does it. */
export function MonitorActions({ project, monitor, onGone }: ActionsProps) {
  const [asked, setAsked] = useState<Asked>();
  const [editing, setEditing] = useState(false);
  return (
    <>
      <Menu
        align="end"
        trigger={
          <IconButton label={`Actions for ${monitor.name}`}>
            <Ellipsis />
          </IconButton>
        }
      >
        <MenuItem onClick={() => setAsked(monitor.phase === "paused" ? "resume" : "pause")}>
          {monitor.phase === "paused" ? <Play aria-hidden /> : <Pause aria-hidden />} {monitor.phase === "paused" ? "Resume…" : "Pause…"}
        </MenuItem>
        {monitor.signal === "volume" ? null : (
          <MenuItem onClick={() => setAsked("rebaseline")}>
            <RotateCcw aria-hidden /> Learn anew…
          </MenuItem>
        )}
        <MenuItem onClick={() => setEditing(true)}>
          <Pencil aria-hidden /> Change…
        </MenuItem>
        <MenuItem danger onClick={() => setAsked("delete")}>
          <Trash2 aria-hidden /> Delete…
        </MenuItem>
      </Menu>
      {asked ? <DeedDialog project={project} monitor={monitor} asked={asked} onClose={() => setAsked(undefined)} {...(onGone ? { onGone } : {})} /> : null}
      {editing ? <MonitorDialog project={project} monitor={monitor} onClose={() => setEditing(false)} /> : null}
    </>
  );
}

function DeedDialog({ project, monitor, asked, onClose, onGone }: ActionsProps & { asked: Asked; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const act = useDeed(project, monitor.id);
  const [title, what, verb] = TITLES[asked];
  const needed = asked === "rebaseline";
  const submit = () =>
    act.mutate(asked === "delete" ? { kind: asked } : { kind: asked, reason: reason.trim() }, {
      onSuccess: () => {
        onClose();
        if (asked === "delete") onGone?.();
      },
    });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={title} description={monitor.name}>
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <p className="text-xs text-muted">{what}</p>
        {asked === "delete" ? null : (
          <Labelled label={needed ? "Why" : "Why (kept with the monitor)"} {...(needed ? { hint: "Whoever looks at it later reads this: “the new prompt is meant to refuse more”." } : {})}>
            {(id) => <textarea id={id} rows={2} required={needed} maxLength={2000} className={`${inputClass} h-auto py-1.5`} value={reason} onChange={(event) => setReason(event.target.value)} />}
          </Labelled>
        )}
        <FailedLine error={act.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look={asked === "delete" ? "danger" : "primary"} disabled={act.isPending || (needed && !reason.trim())}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
