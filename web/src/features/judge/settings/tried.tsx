import { Link } from "@tanstack/react-router";
import { UNKNOWN } from "@/ui/format";
import { Ago } from "@/ui/time";
import type { TriedRun } from "../types";

/** What was said of recent runs, in a table beside what is being edited. Nothing of it is kept. */
export function Tried({ items }: { items: readonly TriedRun[] }) {
  if (items.length === 0) return <p className="py-6 text-center text-xs text-muted">There is no run to try it on yet.</p>;
  const known = items.filter((each) => each.value !== null);
  const mean = known.reduce((sum, each) => sum + (each.value ?? 0), 0) / Math.max(1, known.length);
  return (
    <div>
      <p role="status" className="num mb-2 text-xs text-muted">
        {items.length} runs looked at; {known.length ? `mean ${mean.toFixed(2)}, n ${known.length}` : "no value given"}
        {items.length - known.length ? `; nothing to say of ${items.length - known.length}` : ""}.
      </p>
      <ul aria-label="What it says of recent runs" className="max-h-96 overflow-y-auto">
        {items.map((item) => (
          <li key={item.run_id} className="grid grid-cols-[3.5rem_1fr] gap-3 border-t border-line py-1.5 text-xs">
            <span className="num font-medium">{item.value === null ? <span className="text-faint">{item.label ?? UNKNOWN}</span> : (Math.round(item.value * 1000) / 1000).toString()}</span>
            <span className="min-w-0">
              <span className="flex items-center gap-2">
                <Link to="/runs/$runId" params={{ runId: item.run_id }} className="truncate link">
                  {item.agent ?? "unnamed agent"}
                </Link>
                {item.label && item.value !== null ? <span className="text-muted">{item.label}</span> : null}
                <Ago at={item.started_at} className="ml-auto shrink-0 text-2xs text-muted" />
              </span>
              {item.explanation ? <span className="mt-0.5 block text-muted [overflow-wrap:anywhere]">{item.explanation}</span> : null}
              {item.printed ? <code className="mt-1 block border-l-2 border-line-strong pl-2 font-mono text-2xs whitespace-pre-wrap text-muted [overflow-wrap:anywhere]">{item.printed.trimEnd()}</code> : null}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
