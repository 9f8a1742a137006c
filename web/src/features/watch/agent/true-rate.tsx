import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, dataOf } from "@/client/api";
import { filterText } from "@/features/observe/filters";
import { runsOf } from "@/features/observe/links";
import { count, percent } from "@/ui/format";
import { interval } from "@/ui/rate";
import { FailedLine } from "@/ui/states";
import { Box } from "../incidents/box";

const trueRateQuery = (project: string, agent: string) =>
  queryOptions({
    queryKey: ["true-rate", project, agent],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/true-rate", { params: { query: { project, agent } }, signal })),
  });

/** How often an agent really succeeds: few labels and many judgements, corrected for the judge's errors. */
export function TrueRate({ project, agent }: { project: string; agent: string }) {
  const read = useQuery(trueRateQuery(project, agent));
  const found = read.data;
  const good = (each: { value: number; low: number; high: number }) => ({ value: 1 - each.value, low: 1 - each.high, high: 1 - each.low });
  return (
    <Box title="Success rate now, corrected" aside={<span className="text-2xs text-muted">last 28 days</span>}>
      {read.isError ? (
        <div className="px-4 py-3">
          <FailedLine error={read.error} />
        </div>
      ) : !found ? (
        <div role="status" aria-label="Loading" className="skeleton m-4 h-10" />
      ) : (
        <div className="px-4 py-3 text-xs">
          {found.estimate ? (
            <p className="num flex flex-wrap items-baseline gap-x-3">
              <Link to="/runs" search={runsOf({ from: "-28d" }, filterText("agent", "eq", agent))} className="rounded text-lg font-medium hover:link" title={`95 % interval ${percent(good(found.estimate).low)} to ${percent(good(found.estimate).high)}`}>
                {percent(good(found.estimate).value)} <span className="text-2xs font-normal text-faint">{interval(good(found.estimate).value, good(found.estimate).low, good(found.estimate).high)}, n {count(found.judged)} judged, {count(found.labelled)} labelled</span>
              </Link>
              {found.labels_alone ? <span className="text-muted">labels alone: {percent(good(found.labels_alone).value)} {interval(good(found.labels_alone).value, good(found.labels_alone).low, good(found.labels_alone).high)}</span> : null}
            </p>
          ) : (
            <p className="text-muted">Not known yet: too few labels (n {count(found.labelled)}) beside {count(found.judged)} judged runs.</p>
          )}
          <p className="mt-1 text-2xs text-muted">{found.note}</p>
        </div>
      )}
    </Box>
  );
}
