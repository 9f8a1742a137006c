import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { useState } from "react";
import { useLive } from "@/client/live";
import { runQuery } from "@/features/observe/queries";
import { storageQuery } from "@/features/server/queries";
import { Button, buttonClass } from "@/ui/button";
import { plural } from "@/ui/format";

/** Waits, live, for a run that arrives while somebody looks, and says so in green. */
export function Waiting({ project }: { project: string }) {
  const [first, setFirst] = useState<string>();
  const storage = useQuery(storageQuery(project));
  useLive((event) => {
    const id = event.kind === "runs" ? event.ids[0] : undefined;
    if (id) setFirst((old) => old ?? id);
  });
  const run = useQuery({ ...runQuery(project, first ?? ""), enabled: first !== undefined });
  if (first)
    return (
      <div role="status" className="flex flex-wrap items-center gap-3 rounded-xl bg-ok-soft px-4 py-3 text-ok">
        <span className="flex size-6 shrink-0 items-center justify-center rounded-full bg-ok text-surface">
          <Check className="size-4" aria-hidden />
        </span>
        <p className="min-w-0 flex-1">
          <b className="font-semibold">A run arrived</b>
          {run.data ? <span>: {run.data.agent ?? run.data.name ?? "an unnamed agent"}</span> : null}
        </p>
        <Button onClick={() => setFirst(undefined)}>Wait for another</Button>
        <Link to="/runs/$runId" params={{ runId: first }} className={buttonClass("primary")}>
          Look at it
        </Link>
      </div>
    );
  const known = storage.data?.runs ?? 0;
  return (
    <div role="status" className="flex items-center gap-3 rounded-xl border border-line bg-surface px-4 py-3 shadow-card">
      <span className="relative flex size-6 shrink-0 items-center justify-center" aria-hidden>
        <span className="absolute size-6 animate-ping rounded-full bg-accent opacity-15" />
        <span className="size-2.5 rounded-full bg-accent" />
      </span>
      <p>
        <b className="font-semibold">{known ? "Waiting for a new run…" : "Waiting for the first run…"}</b>{" "}
        <span className="text-muted">{known ? `${plural(known, "run")} recorded so far.` : "This turns green by itself."}</span>
      </p>
    </div>
  );
}
