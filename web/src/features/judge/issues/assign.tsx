import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { meQuery } from "@/features/server/queries";
import { Button } from "@/ui/button";
import { Input, Labelled } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import type { Issue } from "../types";

/** Who looks after an issue: any name that the team knows. */
export function Assign({ issue, onClose, onAssign }: { issue: Issue; onClose: () => void; onAssign: (assignee: string) => void }) {
  const me = useQuery(meQuery);
  const [name, setName] = useState(issue.assignee ?? "");
  const mine = me.data?.kind === "person" ? me.data.name : undefined;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Who looks after it?" description={issue.title}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          onAssign(name.trim());
        }}
      >
        <Labelled label="Name" hint="Left empty: nobody.">
          {(id) => <Input id={id} autoFocus value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />}
        </Labelled>
        <div className="flex justify-end gap-2">
          {mine ? (
            <Button onClick={() => onAssign(mine)}>Assign to me</Button>
          ) : null}
          <Button type="submit" look="primary">
            Assign
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
