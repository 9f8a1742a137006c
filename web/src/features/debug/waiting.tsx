import { Hourglass } from "lucide-react";
import { useEffect, useState } from "react";
import { CodeBlock } from "@/ui/copy";
import { runnerCommand } from "./starting/commands";
import { asBody } from "./starting/entry-choice";
import type { Inquiry } from "./types";

/** ms: how long nobody may take a rerun before it is said. A runner asks every second or two. */
const PATIENCE_MS = 5_000;

/** Nobody makes the reruns: what to start, and where. Silent in the moment between two reruns. */
export function Waiting({ project, inquiry }: { project: string; inquiry: Inquiry }) {
  const idle = inquiry.state === "running" && inquiry.progress.running === 0 && !inquiry.server_runs;
  const begun = inquiry.reruns.some((each) => each.state !== "waiting");
  const long = useLasting(idle, `${inquiry.id} ${inquiry.progress.done}`);
  if (!idle || (begun && !long)) return null;
  return (
    <section aria-label="Waiting for a runner" className="rounded-xl border border-line bg-surface p-4 shadow-card">
      <p className="flex items-start gap-2 text-xs">
        <Hourglass className="mt-0.5 size-3.5 shrink-0 text-warn" aria-hidden />
        <span>
          <b className="font-semibold">Waiting for a runner.</b> {begun ? "Whoever made the reruns so far is gone, or pauses." : "The server starts no programs."} Start one beside the agent, and it makes what waits:
        </span>
      </p>
      <div className="mt-3 max-w-2xl">
        <CodeBlock code={runnerCommand(project, inquiry.agent, asBody(inquiry.entry))} wrap />
      </div>
    </section>
  );
}

/** Whether something has held for a while, with nothing else having happened (`mark`). */
function useLasting(holds: boolean, mark: string): boolean {
  const [since, setSince] = useState("");
  useEffect(() => {
    if (!holds) return;
    const timer = setTimeout(() => setSince(mark), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [holds, mark]);
  return holds && since === mark;
}
