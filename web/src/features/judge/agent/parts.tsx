import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { TimeRange } from "@/client/time-range";
import { filterText } from "@/features/observe/filters";
import { rateOf } from "@/features/observe/fleet/fleet-summary";
import { JUDGED, runsOf } from "@/features/observe/links";
import { count } from "@/ui/format";
import { Rate } from "@/ui/rate";
import { FailedLine } from "@/ui/states";
import { Ago } from "@/ui/time";
import { runsOfIssue } from "../issues/issue-row";
import { StateMark } from "../issues/look";
import { issuesQuery } from "../queries";
import type { Quality } from "../types";
import { Box } from "./box";

const MOST = 8;

export function ReleaseTable({ quality, range, agent }: { quality: Quality; range: TimeRange; agent: string }) {
  const rows = quality.success.by_release;
  return (
    <Box title="By release">
      {rows.length === 0 ? (
        <p className="px-4 py-8 text-center text-xs text-muted">No run names its release: set <code className="font-mono">service.version</code>.</p>
      ) : (
        <div className="overflow-x-auto">
          <table className="num w-full border-collapse text-left text-xs [&_td]:border-t [&_td]:border-line [&_td]:px-3 [&_td]:py-1.5 [&_td:first-child]:pl-4 [&_td:last-child]:pr-4 [&_th]:h-8 [&_th]:px-3 [&_th]:font-normal [&_th]:text-muted [&_th:first-child]:pl-4 [&_th:last-child]:pr-4">
            <caption className="sr-only">Success rate by release</caption>
            <thead>
              <tr>
                <th scope="col">Release</th>
                <th scope="col" className="text-right">Success rate</th>
                <th scope="col" className="text-right">Outcome unknown</th>
                <th scope="col" className="text-right">Last seen</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => {
                const of = [filterText("agent", "eq", agent), row.release ? filterText("release", "eq", row.release) : filterText("release", "missing")];
                return (
                  <tr key={row.release ?? ""}>
                    <td className="max-w-48 truncate" title={row.release ?? undefined}>
                      <Link to="/runs" search={runsOf(range, ...of)} className="rounded hover:link">
                        {row.release ?? <span className="text-muted">unknown</span>}
                      </Link>
                    </td>
                    <td className="text-right">
                      <Link to="/runs" search={runsOf(range, ...of, JUDGED)} className="rounded hover:link">
                        <Rate {...rateOf(row.success)} ofWhat="runs with an outcome" />
                      </Link>
                    </td>
                    <td className="text-right">
                      <Link to="/runs" search={runsOf(range, ...of, filterText("outcome", "eq", "unknown"))} className="rounded hover:link">
                        {count(row.unknown_outcomes)}
                      </Link>
                    </td>
                    <td className="text-right text-muted">
                      <Ago at={row.last_seen} />
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </Box>
  );
}

/** The ways of failing that want somebody, most runs first. */
export function OpenIssues({ project, range, agent }: { project: string; range: TimeRange; agent: string }) {
  const list = useInfiniteQuery(issuesQuery(project, { state: ["open", "regressed"], agent, sort: "runs", ...range }));
  const issues = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Box
      title="Open issues"
      aside={
        <Link to="/issues" search={{ agent, ...range }} className="text-xs link">
          {issues.length > MOST ? `all ${count(issues.length)}` : "all issues"}
        </Link>
      }
    >
      {list.isError ? (
        <div className="px-4 py-3">
          <FailedLine error={list.error} />
        </div>
      ) : list.isPending ? (
        <div role="status" aria-label="Loading" className="skeleton m-4 h-20" />
      ) : issues.length === 0 ? (
        <p className="px-4 py-8 text-center text-xs text-muted">No open issue in this time.</p>
      ) : (
        <ul className="text-xs">
          {issues.slice(0, MOST).map((issue) => (
            <li key={issue.id} className="flex items-center gap-2 border-b border-line px-4 py-1.5 last:border-0">
              <StateMark state={issue.state} />
              <Link to="/issues/$issueId" params={{ issueId: issue.id }} search={range} className="min-w-0 flex-1 truncate hover:link" title={issue.title}>
                {issue.title}
              </Link>
              <Link to="/runs" search={runsOfIssue(issue.id, range)} className="num inline-flex min-h-6 min-w-6 items-center justify-end rounded hover:link">
                {count(issue.runs)}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Box>
  );
}
