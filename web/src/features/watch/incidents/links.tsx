import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Button } from "@/ui/button";
import { Input } from "@/ui/form";
import { shortId } from "@/ui/format";
import { FailedLine } from "@/ui/states";
import { Box } from "./box";
import { useIncidentChanged } from "./change";
import type { Incident } from "./types";

const RUN = /^[0-9a-f]{32}(-[0-9a-f]{16})?$/;

/** The id in what somebody pasted: the id itself, or the address of its page. */
export function pasted(text: string): { run_ids: string[]; issue_ids: string[] } | undefined {
  const trimmed = text.trim();
  const [, kind, id] = /\/(runs|issues)\/([\w-]+)/.exec(trimmed) ?? [];
  if (kind === "runs" && id) return { run_ids: [id], issue_ids: [] };
  if (kind === "issues" && id) return { run_ids: [], issue_ids: [id] };
  if (RUN.test(trimmed)) return { run_ids: [trimmed], issue_ids: [] };
  return /^[\w-]{6,}$/.test(trimmed) ? { run_ids: [], issue_ids: [trimmed] } : undefined;
}

/** Runs that show it, issues that explain it. */
export function Links({ project, incident }: { project: string; incident: Incident }) {
  const changed = useIncidentChanged(project);
  const [text, setText] = useState("");
  const body = pasted(text);
  const add = useMutation({
    mutationFn: (links: { run_ids: string[]; issue_ids: string[] }) => dataOf(api.POST("/api/v1/incidents/{incident_id}/links", { params: { path: { incident_id: incident.id }, query: { project } }, body: links })),
    onSuccess: async () => {
      setText("");
      await changed();
    },
  });
  return (
    <Box title="Runs and issues">
      <ul className="px-4 py-2 text-xs">
        {incident.run_ids.map((id) => (
          <li key={id} className="py-0.5">
            <Link to="/runs/$runId" params={{ runId: id }} className="link">
              Run <span className="font-mono">{shortId(id)}</span>
            </Link>
          </li>
        ))}
        {incident.issue_ids.map((id) => (
          <li key={id} className="py-0.5">
            <Link to="/issues/$issueId" params={{ issueId: id }} className="link">
              Issue <span className="font-mono">{shortId(id)}</span>
            </Link>
          </li>
        ))}
        {incident.run_ids.length + incident.issue_ids.length === 0 ? <li className="text-muted">None is linked yet.</li> : null}
      </ul>
      <form
        className="flex gap-2 border-t border-line p-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (body) add.mutate(body);
        }}
      >
        <Input aria-label="Run or issue to link" placeholder="Paste a run’s or an issue’s id or address" value={text} onChange={(event) => setText(event.target.value)} />
        <Button type="submit" disabled={!body || add.isPending}>
          <Plus className="size-3.5 text-muted" aria-hidden /> Link
        </Button>
      </form>
      {add.error ? <div className="px-3 pb-3"><FailedLine error={add.error} /></div> : null}
    </Box>
  );
}
