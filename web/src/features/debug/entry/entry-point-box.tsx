import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Box } from "@/features/judge/agent/box";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/copy";
import { Dialog } from "@/ui/overlay";
import { FailedLine, SkeletonRows } from "@/ui/states";
import { entryPointQuery } from "../queries";
import { runnerCommand } from "../starting/commands";
import { asBody, lacking, USUAL, VIAS, wordsOf } from "../starting/entry-choice";
import { EntryFields } from "../starting/entry-fields";
import type { EntryPoint } from "../types";

/** How the agent is started for one task: what replays, forks and bisects begin with. */
export function EntryPointBox({ project, agent }: { project: string; agent: string }) {
  const kept = useQuery(entryPointQuery(project, agent));
  const [editing, setEditing] = useState(false);
  const entry = kept.data ? asBody(kept.data) : undefined;
  return (
    <Box title="How it is started" aside={<Button onClick={() => setEditing(true)}>{entry ? "Change" : "Register"}</Button>}>
      <div className="flex flex-col gap-2 p-4 text-xs">
        {kept.isPending ? (
          <SkeletonRows rows={1} />
        ) : kept.isError ? (
          <FailedLine error={kept.error} />
        ) : entry ? (
          <>
            <p>
              <span className="text-muted">{VIAS.find(({ value }) => value === entry.via)?.label}: </span>
              <span className="font-mono [overflow-wrap:anywhere]">{wordsOf(entry)}</span>
              {entry.folder ? <span className="text-muted"> in {entry.folder}</span> : null}
            </p>
            {entry.via === "url" ? (
              <p className="text-muted">The server asks it itself.</p>
            ) : (
              <>
                <p className="text-muted">The server starts no programs. Leave this running beside the agent, and it makes what is asked for here:</p>
                <CodeBlock code={runnerCommand(project, agent)} wrap />
              </>
            )}
          </>
        ) : (
          <p className="text-muted">Not registered. Replays, forks and bisects ask for it each time.</p>
        )}
      </div>
      {editing ? <EntryPointDialog project={project} agent={agent} entry={entry} onClose={() => setEditing(false)} /> : null}
    </Box>
  );
}

function EntryPointDialog({ project, agent, entry, onClose }: { project: string; agent: string; entry: EntryPoint | undefined; onClose: () => void }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState<EntryPoint>(entry ?? USUAL);
  const params = { path: { agent }, query: { project } };
  const done = async () => {
    onClose();
    // A run's tape carries it, too.
    await Promise.all([client.invalidateQueries({ queryKey: ["entry-point", project, agent] }), client.invalidateQueries({ queryKey: ["tape", project] })]);
  };
  const save = useMutation({ mutationFn: () => dataOf(api.PUT("/api/v1/agents/{agent}/entry-point", { params, body: draft })), onSuccess: done });
  const remove = useMutation({ mutationFn: () => api.DELETE("/api/v1/agents/{agent}/entry-point", { params }), onSuccess: done });
  const missing = lacking(draft);
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={`How ${agent} is started`} description="For one task. Secrets belong in the environment of whoever starts it." width="max-w-lg">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing) save.mutate();
        }}
      >
        <EntryFields entry={draft} onChange={setDraft} all />
        <FailedLine error={save.error ?? remove.error} />
        <div className="flex items-center justify-end gap-2">
          {entry ? (
            <Button look="danger" className="mr-auto" disabled={remove.isPending} onClick={() => remove.mutate()}>
              Remove
            </Button>
          ) : null}
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={Boolean(missing) || save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
