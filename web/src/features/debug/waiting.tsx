import { Hourglass } from "lucide-react";
import { CodeBlock } from "@/ui/copy";
import { runnerCommand } from "./starting/commands";
import { asBody } from "./starting/entry-choice";
import type { Inquiry } from "./types";

/** Nobody makes the reruns yet: what to start, and where. */
export function Waiting({ project, inquiry }: { project: string; inquiry: Inquiry }) {
  const idle = inquiry.state === "running" && inquiry.progress.running === 0 && inquiry.reruns.some((each) => each.state === "waiting");
  if (!idle || inquiry.server_runs) return null;
  return (
    <section aria-label="Waiting for a runner" className="rounded-xl border border-line bg-surface p-4 shadow-card">
      <p className="flex items-start gap-2 text-xs">
        <Hourglass className="mt-0.5 size-3.5 shrink-0 text-warn" aria-hidden />
        <span>
          <b className="font-semibold">Waiting for a runner.</b> The server starts no programs: beside the agent, start one, and it makes what waits.
        </span>
      </p>
      <div className="mt-3 max-w-xl">
        <CodeBlock code={runnerCommand(project, inquiry.agent, asBody(inquiry.entry))} wrap />
      </div>
    </section>
  );
}
