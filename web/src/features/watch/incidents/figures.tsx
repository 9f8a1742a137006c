import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { TimeRange } from "@/client/time-range";
import { Card, Table } from "@/features/settings/section";
import { count } from "@/ui/format";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { span } from "./order";
import { figuresQuery } from "./queries";
import type { FiguresRow } from "./types";

const COLUMNS = [
  { label: "" },
  { label: "Incidents", right: true },
  { label: "Standing", right: true },
  { label: "Detected after (MTTD)", right: true },
  { label: "Acknowledged after (MTTA)", right: true },
  { label: "Resolved after (MTTR)", right: true },
] as const;

/** How fast things are noticed, answered and ended, per agent and team; each time with the n it is of. */
export function IncidentFigures({ project, range }: { project: string; range: TimeRange }) {
  const figures = useQuery(figuresQuery(project, range));
  if (figures.isError) return <Failed what="The figures" error={figures.error} retry={() => void figures.refetch()} />;
  if (figures.isPending) return <SkeletonRows rows={6} />;
  const { all, agents, teams } = figures.data;
  if (all.incidents === 0) return <Empty title="No incident in this time">Test pages and merged incidents are not counted.</Empty>;
  return (
    <div className="mx-auto flex max-w-5xl flex-col gap-4 p-4 md:p-6">
      <p className="text-xs text-muted">
        Detected: from when a change probably began until the incident opened, where that is known. Acknowledged and resolved: from the opening. Means, with the median below. Test pages are not counted.
      </p>
      <Rows caption="All incidents" rows={[all]} range={range} />
      <Rows caption="Agents" rows={agents} range={range} agents />
      <Rows caption="Teams" rows={teams} range={range} />
    </div>
  );
}

function Rows({ caption, rows, range, agents = false }: { caption: string; rows: readonly FiguresRow[]; range: TimeRange; agents?: boolean }) {
  if (rows.length === 0) return null;
  return (
    <Card>
      <Table caption={caption} columns={[{ label: caption }, ...COLUMNS.slice(1)]}>
        {rows.map((row) => (
          <tr key={row.name}>
            <td className="font-medium">
              {agents ? (
                <Link to="/agents/$agent" params={{ agent: row.name }} className="hover:link">
                  {row.name}
                </Link>
              ) : (
                row.name || "all"
              )}
            </td>
            <td className="num text-right">
              <Link to="/incidents" search={{ tab: "all", ...range, ...(agents ? { agent: row.name } : {}) }} className="hover:link">
                {count(row.incidents)}
              </Link>
            </td>
            <td className="num text-right">
              <Link to="/incidents" search={agents ? { agent: row.name } : {}} className="hover:link">
                {count(row.open)}
              </Link>
            </td>
            {[row.detect, row.acknowledge, row.resolve].map((times, index) => (
              <td key={index} className="num text-right whitespace-nowrap" title={times.n === 0 ? "Unknown: it happened to none" : undefined}>
                {span(times.mean_s)} <span className="text-2xs text-faint">n {count(times.n)}</span>
                {times.median_s === null ? null : <span className="block text-2xs text-muted">median {span(times.median_s)}</span>}
              </td>
            ))}
          </tr>
        ))}
      </Table>
    </Card>
  );
}
