import { useState } from "react";
import { Button } from "@/ui/button";
import { Labelled } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { TextBox } from "../settings/schema-form";
import type { Issue, IssueChange } from "../types";

const WORDS = { resolved: "Resolve it", muted: "Mute it" } as const;
const DONE = { resolved: "Resolved: it opens again if a later run fails the same way", muted: "Muted until somebody opens it again" } as const;

interface SayWhyProps {
  issue: Issue;
  state: keyof typeof WORDS;
  onClose: () => void;
  onChange: (change: IssueChange, done: string) => void;
}

/** A change with the reason for it, which stays in the issue's history. */
export function SayWhy({ issue, state, onClose, onChange }: SayWhyProps) {
  const [reason, setReason] = useState("");
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={WORDS[state]} description={issue.title}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          onChange({ state, reason: reason.trim() }, DONE[state]);
          onClose();
        }}
      >
        <Labelled label="Why" hint="Everybody who opens the issue reads it.">
          {(id) => <TextBox id={id} rows={3} value={reason} onChange={setReason} />}
        </Labelled>
        <Button type="submit" look="primary" className="self-end">
          {WORDS[state]}
        </Button>
      </form>
    </Dialog>
  );
}
