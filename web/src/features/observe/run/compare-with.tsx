import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { GitCompareArrows } from "lucide-react";
import { useState } from "react";
import type { Run } from "@/client/types";
import { Button } from "@/ui/button";
import { StatusMark } from "@/ui/badges";
import { Input } from "@/ui/form";
import { Popover } from "@/ui/overlay";
import { Ago } from "@/ui/time";
import { agentFilter } from "../links";
import { recentRunsQuery } from "../queries";

/** Choose the run to lay beside this one: recent runs of the same agent, or any by its id. */
export function CompareWith({ run }: { run: Run }) {
  const [open, setOpen] = useState(false);
  const [id, setId] = useState("");
  const recent = useQuery({ ...recentRunsQuery(run.project, [agentFilter(run.agent)]), enabled: open });
  const others = recent.data?.items.filter((other) => other.id !== run.id).slice(0, 12) ?? [];
  return (
    <Popover
      label="Compare with another run"
      align="end"
      open={open}
      onOpenChange={setOpen}
      className="w-96"
      trigger={
        <Button>
          <GitCompareArrows className="size-3.5 text-muted" aria-hidden /> Compare
        </Button>
      }
    >
      <p className="px-2 pb-1 text-2xs font-medium text-muted">Recent runs of {run.agent ?? "unnamed agents"}</p>
      {others.map((other) => (
        <Link
          key={other.id}
          to="/runs/$runId/compare/$otherId"
          params={{ runId: run.id, otherId: other.id }}
          className="flex h-8 items-center gap-2 rounded px-2 text-xs hover:bg-hover"
        >
          <StatusMark status={other.status} />
          <span className="min-w-0 flex-1 truncate">{other.input ?? other.name ?? other.id}</span>
          <Ago at={other.started_at} className="shrink-0 text-2xs text-muted" />
        </Link>
      ))}
      {recent.isSuccess && others.length === 0 ? <p className="px-2 py-1 text-xs text-muted">No other run of it yet.</p> : null}
      <form className="mt-2 flex gap-1.5 border-t border-line px-1 pt-2" onSubmit={(event) => event.preventDefault()}>
        <Input aria-label="Id of a run" placeholder="or the id of any run" value={id} onChange={(event) => setId(event.target.value.trim())} />
        <Link
          to="/runs/$runId/compare/$otherId"
          params={{ runId: run.id, otherId: id || run.id }}
          disabled={!id}
          className="inline-flex h-7 items-center rounded-md border border-line-strong px-2.5 text-xs aria-disabled:opacity-50"
        >
          Go
        </Link>
      </form>
    </Popover>
  );
}
