import { useMutation, useQuery } from "@tanstack/react-query";
import { Download, Pencil } from "lucide-react";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Badge } from "@/ui/badges";
import { Button, buttonClass } from "@/ui/button";
import { CodeEditor } from "@/ui/code/code";
import { CopyButton } from "@/ui/copy";
import { FailedLine } from "@/ui/states";
import { Box } from "./box";
import { useIncidentChanged } from "./change";
import { postmortemQuery } from "./queries";
import type { Incident } from "./types";

/** A draft out of what is on record, to be read, edited, copied and taken along. */
export function Postmortem({ project, incident }: { project: string; incident: Incident }) {
  const changed = useIncidentChanged(project);
  const [asked, setAsked] = useState(false);
  const shown = asked || incident.state === "resolved";
  const [edited, setEdited] = useState<string>();
  const read = useQuery({ ...postmortemQuery(project, incident.id), enabled: shown });
  const save = useMutation({
    mutationFn: (markdown: string) => dataOf(api.PUT("/api/v1/incidents/{incident_id}/postmortem", { params: { path: { incident_id: incident.id }, query: { project } }, body: { markdown } })),
    onSuccess: async () => {
      setEdited(undefined);
      await changed();
    },
  });
  const text = read.data?.markdown ?? "";
  return (
    <Box
      title="Postmortem"
      aside={
        read.data ? (
          <span className="flex items-center gap-1.5">
            {read.data.draft ? <Badge title="Made from what is on record; nobody has written one yet">draft</Badge> : null}
            {edited === undefined ? (
              <Button onClick={() => setEdited(text)}>
                <Pencil className="size-3.5 text-muted" aria-hidden /> Edit
              </Button>
            ) : null}
            <a className={buttonClass()} download={`incident-${incident.number}.md`} href={`data:text/markdown;charset=utf-8,${encodeURIComponent(text)}`}>
              <Download className="size-3.5 text-muted" aria-hidden /> Download
            </a>
            <CopyButton text={text} label="Copy as Markdown" />
          </span>
        ) : null
      }
    >
      {!shown ? (
        <div className="px-4 py-3">
          <Button onClick={() => setAsked(true)}>Show the draft</Button>
        </div>
      ) : read.isError ? (
        <div className="p-4">
          <FailedLine error={read.error} />
        </div>
      ) : edited !== undefined ? (
        <form
          className="flex flex-col gap-3 p-3"
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate(edited);
          }}
        >
          <CodeEditor label="Postmortem" language="text" rows={16} text={edited} onChange={setEdited} />
          <FailedLine error={save.error} />
          <div className="flex justify-end gap-2">
            {read.data && !read.data.draft ? (
              <Button look="danger" onClick={() => save.mutate("")}>
                Back to the draft
              </Button>
            ) : null}
            <Button onClick={() => setEdited(undefined)}>Cancel</Button>
            <Button type="submit" look="primary" disabled={save.isPending}>
              Save postmortem
            </Button>
          </div>
        </form>
      ) : (
        <pre tabIndex={0} aria-label="Postmortem as Markdown" className="max-h-[60vh] overflow-auto px-4 py-3 font-sans text-xs leading-5 [overflow-wrap:anywhere] whitespace-pre-wrap">
          {read.isPending ? "Loading …" : text}
        </pre>
      )}
    </Box>
  );
}
