import { useQuery } from "@tanstack/react-query";
import { Badge } from "@/ui/badges";
import { duration, plural } from "@/ui/format";
import { stateQuery, testedQuery } from "./queries";

/** How a system goes at the gateway, and what a program says of itself where it fails. */
export function Standing({ project, name }: { project: string; name: string }) {
  const { data: state } = useQuery(stateQuery(project, name));
  const { data: tested } = useQuery(testedQuery(project, name));
  const failing = Boolean(state?.problem) || Boolean(state?.failures) || tested?.ok === false;
  const lines = tested?.stderr.length ? tested.stderr : (state?.stderr ?? []);
  return (
    <>
      {state?.known ? (
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-muted" aria-label="At the gateway">
          {state.breaker === "closed" ? null : <Badge tone="bad">breaker {state.breaker.replaceAll("_", " ")}</Badge>}
          <span>{plural(state.calls, "call")} since the gateway started</span>
          {state.failures ? <span className="text-bad">{state.failures} failed</span> : null}
          {state.p50_ms === null ? null : (
            <span>
              p50 {duration(state.p50_ms)}
              {state.p95_ms === null ? "" : `, p95 ${duration(state.p95_ms)}`}
            </span>
          )}
          {state.problem ? <span className="text-bad [overflow-wrap:anywhere]">{state.problem}</span> : null}
        </p>
      ) : null}
      {lines.length ? (
        <details open={failing} className="rounded-lg border border-line text-xs">
          <summary className="cursor-pointer px-3 py-2 text-muted">What the program wrote last to standard error</summary>
          <pre className="max-h-64 overflow-auto border-t border-line px-3 py-2 font-mono text-2xs whitespace-pre-wrap [overflow-wrap:anywhere]" tabIndex={0} aria-label="Standard error">
            {lines.join("\n")}
          </pre>
        </details>
      ) : null}
    </>
  );
}
