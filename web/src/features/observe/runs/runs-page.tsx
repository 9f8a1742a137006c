import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowUp, GitCompareArrows, ListFilter, Plug, X } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { useProject } from "@/client/project";
import { ALL_TIME } from "@/client/time-range";
import { storageQuery } from "@/features/server/queries";
import { ConnectHint } from "@/features/start/connect-hint";
import type { RunsSearch } from "@/routes/search";
import { Button, buttonClass, IconButton } from "@/ui/button";
import { plural } from "@/ui/format";
import { Page } from "@/ui/shell/page";
import { useShortcuts } from "@/ui/shortcuts";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { FilterBar } from "../filter-bar";
import { runsCountQuery, runsQuery, type RunSelection } from "../queries";
import { RangePicker } from "../range-picker";
import { SavedViews } from "../saved-views";
import { ColumnChooser } from "./column-chooser";
import { attributesOf, columnsOf, DEFAULT_COLUMNS } from "./columns";
import { Histogram } from "./histogram";
import { RunsTable } from "./runs-table";
import { useNewRuns } from "./use-new-runs";

const route = getRouteApi("/shell/runs");

export function RunsPage() {
  const project = useProject();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { from, to, text, filter } = search;
  const selection = useMemo<RunSelection>(() => ({ from, to, text, filter }), [from, to, text, filter]);
  const columnIds = search.col ?? DEFAULT_COLUMNS;
  const columns = useMemo(() => columnsOf(columnIds), [columnIds]);
  const attributes = useMemo(() => attributesOf(columnIds), [columnIds]);
  const list = useInfiniteQuery({ ...runsQuery(project, selection, attributes), placeholderData: keepPreviousData });
  const total = useQuery(runsCountQuery(project, selection));
  const storage = useQuery(storageQuery(project));
  const fresh = useNewRuns(project, selection, attributes);
  const runs = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const [active, setActive] = useState(-1);
  const [chosen, setChosen] = useState<readonly string[]>([]);

  const change = (next: Partial<RunsSearch>) => {
    setActive(-1);
    void navigate({ search: (old) => ({ ...old, view: undefined, ...next }) });
  };
  const choose = (id: string) => setChosen((old) => (old.includes(id) ? old.filter((each) => each !== id) : [...old.slice(-1), id]));
  const showNew = () => {
    fresh.show();
    setActive(-1);
    document.querySelector("[data-scroller]")?.scrollTo({ top: 0 });
  };
  const { fetchNextPage, isFetchingNextPage } = list;
  const loadMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);
  const current = runs[active];
  useShortcuts({
    j: () => setActive((at) => Math.min(at + 1, runs.length - 1)),
    k: () => setActive((at) => Math.max(at - 1, 0)),
    arrowdown: () => setActive((at) => Math.min(at + 1, runs.length - 1)),
    arrowup: () => setActive((at) => Math.max(at - 1, 0)),
    enter: () => current && void navigate({ to: "/runs/$runId", params: { runId: current.id } }),
    x: () => current && choose(current.id),
    ".": showNew,
    esc: () => setChosen([]),
  });
  const firstAt = storage.data?.first_at;
  return (
    <Page
      title="Runs"
      heading={
        <h1 className="flex items-baseline gap-2 text-base font-semibold tracking-[-0.01em]">
          Runs
          <span className="num text-xs font-normal text-muted">{total.data ? plural(total.data.count, "run") : ""}</span>
        </h1>
      }
      actions={
        <>
          <SavedViews project={project} search={search} />
          <ColumnChooser project={project} value={columnIds} onChange={(col) => change({ col })} />
          <RangePicker value={selection} onChange={change} />
        </>
      }
      bar={
        <div className="px-4 pb-2.5 md:px-5">
          <FilterBar project={project} filters={filter} text={text} onChange={change} />
        </div>
      }
    >
      <div className="relative flex h-full flex-col bg-surface">
        {text || storage.data?.runs === 0 ? null : (
          <Histogram project={project} selection={selection} firstMs={firstAt ? Date.parse(firstAt) : undefined} onRange={(start, end) => change({ from: start, to: end })} />
        )}
        <div className="relative min-h-0 flex-1">
          {fresh.waiting > 0 ? (
            <div className="pointer-events-none absolute inset-x-0 top-0.5 z-20 flex justify-center" role="status">
              <Button look="primary" className="pointer-events-auto rounded-full shadow-pop" onClick={showNew}>
                <ArrowUp className="size-3.5" aria-hidden />
                {fresh.over ? `${fresh.waiting}+ new runs` : plural(fresh.waiting, "new run")}
              </Button>
            </div>
          ) : null}
          {list.isError ? (
            <Failed what="Runs" error={list.error} retry={() => void list.refetch()} />
          ) : list.isPending ? (
            <SkeletonRows rows={18} />
          ) : runs.length === 0 ? (
            <NoRuns search={search} some={(storage.data?.runs ?? 0) > 0} />
          ) : (
            <RunsTable
              runs={runs}
              columns={columns}
              total={total.data?.count}
              active={active}
              onActive={setActive}
              chosen={chosen}
              onChoose={choose}
              hasMore={list.hasNextPage}
              loadMore={loadMore}
            />
          )}
        </div>
        {chosen.length > 0 ? <Chosen ids={chosen} onClear={() => setChosen([])} /> : null}
      </div>
    </Page>
  );
}

function Chosen({ ids, onClear }: { ids: readonly string[]; onClear: () => void }) {
  const [left, right] = ids;
  return (
    <div className="absolute inset-x-0 bottom-4 z-20 flex justify-center">
      <div className="flex items-center gap-3 rounded-lg bg-raised py-1.5 pr-1.5 pl-3 text-xs shadow-pop">
        {left && right ? "2 runs chosen" : "1 run chosen: choose another to compare"}
        {left && right ? (
          <Link to="/runs/$runId/compare/$otherId" params={{ runId: left, otherId: right }} className={buttonClass("primary")}>
            <GitCompareArrows className="size-3.5" aria-hidden /> Compare
          </Link>
        ) : null}
        <IconButton label="Choose none" keys="esc" onClick={onClear}>
          <X />
        </IconButton>
      </div>
    </div>
  );
}

function NoRuns({ search, some }: { search: RunsSearch; some: boolean }) {
  if (!some)
    return (
      <Empty icon={<Plug />} title="No run has arrived yet">
        <p>Point an agent here. Its runs appear by themselves.</p>
        <ConnectHint />
      </Empty>
    );
  const narrowed = Boolean(search.filter?.length ?? search.text);
  return (
    <Empty icon={<ListFilter />} title={narrowed ? "No run matches" : "No run in this time"}>
      <div className="mt-4 flex justify-center gap-2">
        {narrowed ? (
          <Link to="/runs" search={{ from: search.from, to: search.to }} className={buttonClass()}>
            Remove the filters
          </Link>
        ) : null}
        <Link to="/runs" search={{ ...search, from: ALL_TIME, to: undefined }} className={buttonClass()}>
          Look in all time
        </Link>
      </div>
    </Empty>
  );
}
