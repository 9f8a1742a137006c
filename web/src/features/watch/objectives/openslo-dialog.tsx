import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Button } from "@/ui/button";
import { inputClass, Labelled } from "@/ui/form";
import { plural } from "@/ui/format";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { useObjectivesChanged } from "./queries";

/** OpenSLO documents become objectives: shown first, then kept; all or none. */
export function OpenSloDialog({ project, onClose }: { project: string; onClose: () => void }) {
  const changed = useObjectivesChanged(project);
  const [text, setText] = useState("");
  const send = useMutation({
    mutationFn: (dry: boolean) => dataOf(api.POST("/api/v1/objectives/openslo", { params: { query: { project } }, body: { text, dry_run: dry } })),
    onSuccess: async (result) => {
      if (result.dry_run) return;
      notify(`Imported: ${plural(result.created.length, "new objective")}, ${result.changed.length} changed`);
      await changed();
      onClose();
    },
  });
  const dry = send.data?.dry_run ? send.data : undefined;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Import OpenSLO" width="max-w-2xl" description="OpenSLO v1, YAML or JSON, one or more documents whose metric sources have the type roadworthy. All or none is taken; the same file twice changes nothing.">
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate(!dry);
        }}
      >
        <Labelled label="Documents">
          {(id) => (
            <textarea
              id={id}
              required
              rows={14}
              spellCheck={false}
              placeholder={"apiVersion: openslo/v1\nkind: SLO\n…"}
              className={`${inputClass} h-auto py-1.5 font-mono text-xs leading-5`}
              value={text}
              onChange={(event) => {
                setText(event.target.value);
                send.reset();
              }}
            />
          )}
        </Labelled>
        <input aria-label="Read a file" type="file" accept=".yaml,.yml,.json" className="text-xs" onChange={(event) => void event.target.files?.[0]?.text().then(setText)} />
        <FailedLine error={send.error} />
        {dry ? (
          <div role="status" className="rounded-md border border-line px-3 py-2 text-xs">
            <p className="font-medium">
              {plural(dry.created.length, "new objective")}, {dry.changed.length} changed
            </p>
            <ul className="mt-1 text-muted">
              {[...dry.created.map((each) => `new: ${each}`), ...dry.changed.map((each) => `changed: ${each}`), ...dry.notes].map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
          </div>
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={send.isPending || !text.trim()}>
            {dry ? "Import" : "What would it become?"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
