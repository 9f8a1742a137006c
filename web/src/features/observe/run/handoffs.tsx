import { ArrowDown, Bot } from "lucide-react";
import type { Handoff } from "@/client/types";

/** Who handed the task to whom, and why as far as it was said. */
export function Handoffs({ handoffs, onSelect }: { handoffs: readonly Handoff[]; onSelect: (spanId: string) => void }) {
  const first = handoffs[0];
  if (!first) return null;
  return (
    <ol className="flex flex-col items-start">
      <li>
        <AgentBox name={first.from_agent} />
      </li>
      {handoffs.map((handoff, index) => (
        <li key={index} className="flex flex-col items-start">
          {index > 0 && handoff.from_agent !== handoffs[index - 1]?.to_agent ? (
            <div className="mt-2">
              <AgentBox name={handoff.from_agent} />
            </div>
          ) : null}
          <div className="ml-4 flex items-stretch gap-3 py-0.5">
            <span className="flex w-4 flex-col items-center" aria-hidden>
              <span className="w-px flex-1" style={{ background: "var(--kind-handoff)" }} />
              <ArrowDown className="-mt-1 size-3.5" style={{ color: "var(--kind-handoff)" }} />
            </span>
            <p className="max-w-md py-1.5 text-xs">
              {handoff.reason ? <span>“{handoff.reason}”</span> : <span className="text-faint">no reason was said</span>}
              {handoff.span_id ? (
                <button type="button" className="ml-2 rounded link" onClick={() => onSelect(handoff.span_id ?? "")}>
                  go to step
                </button>
              ) : null}
            </p>
          </div>
          <AgentBox name={handoff.to_agent} />
        </li>
      ))}
    </ol>
  );
}

function AgentBox({ name }: { name: string | null }) {
  return (
    <span className="inline-flex h-7 items-center gap-1.5 rounded-md border border-line-strong bg-surface px-2 text-xs font-medium shadow-card">
      <Bot className="size-3.5" style={{ color: "var(--kind-agent)" }} aria-hidden />
      {name ?? <span className="text-muted">unnamed agent</span>}
    </span>
  );
}
