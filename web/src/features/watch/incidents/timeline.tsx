import { useMutation, type UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Button } from "@/ui/button";
import { cx } from "@/ui/classes";
import { inputClass } from "@/ui/form";
import { Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { Instant } from "@/ui/time";
import { Box } from "./box";
import { useIncidentChanged } from "./change";
import type { Entry, Incident } from "./types";

const BAD = new Set(["opened", "alarm", "reopened", "not_notified", "gap"]);
const GOOD = new Set(["resolved", "cleared", "mitigated", "acknowledged"]);

/** What happened, newest first; it writes itself, and people add to it. */
export function Timeline({ project, incident, timeline }: { project: string; incident: Incident; timeline: UseQueryResult<{ items: Entry[] }> }) {
  const changed = useIncidentChanged(project);
  const [text, setText] = useState("");
  const add = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/incidents/{incident_id}/notes", { params: { path: { incident_id: incident.id }, query: { project } }, body: { text: text.trim() } })),
    onSuccess: async () => {
      setText("");
      await changed();
    },
  });
  return (
    <Box title="Timeline">
      <form
        className="flex items-start gap-2 border-b border-line p-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim()) add.mutate();
        }}
      >
        <textarea
          id="incident-note"
          rows={2}
          aria-label="Note"
          placeholder="What you see, try, and find out"
          maxLength={10_000}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
            if (event.key === "Escape") event.currentTarget.blur();
          }}
          className={cx(inputClass, "h-auto flex-1 resize-y py-1.5 text-sm")}
        />
        <Button type="submit" disabled={!text.trim() || add.isPending} className="h-9">
          Add note
        </Button>
      </form>
      {add.error ? <div className="px-4 py-2"><FailedLine error={add.error} /></div> : null}
      {timeline.isError ? (
        <Failed what="The timeline" error={timeline.error} retry={() => void timeline.refetch()} />
      ) : timeline.isPending ? (
        <SkeletonRows rows={4} height={40} />
      ) : (
        <ol aria-label="Timeline" className="px-4 py-3">
          {[...timeline.data.items].reverse().map((entry) => (
            <li key={entry.id} className="relative border-l border-line pb-3 pl-4 text-xs last:pb-0">
              <i className={cx("absolute top-1.5 -left-[4.5px] size-2 rounded-full", BAD.has(entry.kind) ? "bg-bad-mark" : GOOD.has(entry.kind) ? "bg-ok" : entry.kind === "note" ? "bg-accent" : "bg-line-strong")} aria-hidden />
              <p className={cx("[overflow-wrap:anywhere] whitespace-pre-wrap", entry.kind === "note" && "text-sm")}>{entry.text}</p>
              <p className="num text-2xs text-muted">
                <Instant at={entry.at} /> · {entry.kind.replaceAll("_", " ")}
                {entry.by ? ` · ${entry.by}` : ""}
              </p>
            </li>
          ))}
        </ol>
      )}
    </Box>
  );
}
