import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Plug, Radar } from "lucide-react";
import { useRef } from "react";
import { useProject } from "@/client/project";
import { ALL_TIME } from "@/client/time-range";
import { storageQuery } from "@/features/server/queries";
import { NeedsPerson } from "@/features/watch/fleet/needs";
import { useOwnership } from "@/features/watch/fleet/ownership";
import { ConnectHint } from "@/features/start/connect-hint";
import { buttonClass } from "@/ui/button";
import { plural } from "@/ui/format";
import { Page } from "@/ui/shell/page";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { fleetQuery } from "../queries";
import { RangePicker } from "../range-picker";
import { useLiveRefresh } from "../live-refresh";
import { FleetCards } from "./fleet-cards";
import { FleetSummary } from "./fleet-summary";
import { FleetTable } from "./fleet-table";
import { useSteadyOrder } from "./sorting";

const route = getRouteApi("/shell/");

/** Home: every agent seen in traffic, and how it is doing. */
export function FleetPage() {
  const project = useProject();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const range = { from: search.from, to: search.to };
  const ownership = useOwnership(project);
  const scroller = useRef<HTMLDivElement>(null);
  const storage = useQuery(storageQuery(project));
  // The fleet needs a beginning: "all time" is since the first run.
  const asked = search.from === ALL_TIME ? { from: storage.data?.first_at ?? undefined, to: search.to } : range;
  const fleet = useQuery({ ...fleetQuery(project, asked, search.trials), enabled: search.from !== ALL_TIME || !storage.isPending });
  useLiveRefresh([["fleet", project], ["storage", project]]);
  const sort = search.sort ?? "runs";
  const dir = search.dir ?? (sort === "agent" ? "asc" : "desc");
  const rows = useSteadyOrder(fleet.data?.items ?? [], sort, dir, JSON.stringify([project, range]));
  const allEmpty = fleet.data?.items.length === 0;
  return (
    <Page
      title="Fleet"
      actions={
        <RangePicker value={range} onChange={(next) => void navigate({ search: (old) => ({ ...old, ...next }) })} />
      }
    >
      <div ref={scroller} className="h-full overflow-auto">
        {fleet.isError ? (
          <Failed what="The fleet" error={fleet.error} retry={() => void fleet.refetch()} />
        ) : fleet.isPending ? (
          <SkeletonRows rows={8} height={52} />
        ) : allEmpty ? (
          <>
            <NothingYet older={(storage.data?.runs ?? 0) > 0} runs={storage.data?.runs ?? 0} />
            <Trials count={fleet.data.trials} />
          </>
        ) : (
          <div className="mx-auto flex max-w-[1600px] flex-col gap-4 p-4 md:p-5">
            <NeedsPerson project={project} />
            <FleetSummary fleet={fleet.data} range={range} onRange={(from, to) => void navigate({ search: (old) => ({ ...old, from, to }) })} />
            <div className="hidden md:block">
              <FleetTable
                rows={rows}
                range={range}
                sort={sort}
                dir={dir}
                scroller={scroller}
                ownership={ownership}
                onSort={(next) =>
                  void navigate({
                    search: (old) => ({ ...old, sort: next, dir: next === sort ? (dir === "asc" ? "desc" : "asc") : undefined }),
                  })
                }
              />
            </div>
            <div className="md:hidden">
              <FleetCards rows={rows} range={range} ownership={ownership} />
            </div>
            <Trials count={fleet.data.trials} />
          </div>
        )}
      </div>
    </Page>
  );
}

/** Runs of drills and reruns are none of production: they are left out of the fleet until somebody asks. */
function Trials({ count }: { count: number }) {
  const { trials } = route.useSearch();
  if (!count) return null;
  return (
    <p className="text-center text-xs text-muted">
      Runs of drills and reruns, told as {plural(count, "agent")}, {trials ? "are counted here, too." : "are not counted here."}{" "}
      <Link from="/" to="/" search={(old) => ({ ...old, trials: trials ? undefined : true })} className="link">
        {trials ? "Leave them out" : "Show them"}
      </Link>
    </p>
  );
}

function NothingYet({ older, runs }: { older: boolean; runs: number }) {
  if (older)
    return (
      <Empty icon={<Radar />} title="No agent ran in this time">
        <p>There {runs === 1 ? "is" : "are"} {plural(runs, "run")} outside of it.</p>
        <Link to="/" search={{ from: ALL_TIME }} className={`${buttonClass()} mt-4`}>
          Show all time
        </Link>
      </Empty>
    );
  return (
    <Empty icon={<Plug />} title="No agent has reported yet">
      <p>Point one here. It appears by itself.</p>
      <ConnectHint />
    </Empty>
  );
}
