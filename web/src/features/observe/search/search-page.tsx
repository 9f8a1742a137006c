import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Search as SearchIcon, SearchX } from "lucide-react";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { useProject } from "@/client/project";
import { ALL_TIME } from "@/client/time-range";
import type { SearchHit } from "@/client/types";
import { Button, buttonClass } from "@/ui/button";
import { cx } from "@/ui/classes";
import { plural } from "@/ui/format";
import { KindIcon, kindLook } from "@/ui/kinds";
import { Page } from "@/ui/shell/page";
import { useShortcuts } from "@/ui/shortcuts";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { searchQuery } from "../queries";
import { RangePicker } from "../range-picker";
import { roleLook } from "../run/roles";
import { titleOf } from "../run/step-row";
import { byRun, highlight } from "./highlight";

const route = getRouteApi("/shell/search");

/** Runs on the first screen of results, and the most hits that are read to get there. */
const ENOUGH = 10;
const ENOUGH_HITS = 300;

/** Full text over what all steps were given and gave. */
export function SearchPage() {
  const project = useProject();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [typed, setTyped] = useState(search.q ?? "");
  // Going back in history changes what is searched for under the box.
  const [asked, setAsked] = useState(search.q);
  if (asked !== search.q) {
    setAsked(search.q);
    setTyped(search.q ?? "");
  }
  const range = { from: search.from, to: search.to };
  const found = useInfiniteQuery(searchQuery(project, search.q ?? "", range));
  const hits = useMemo(() => found.data?.pages.flatMap((page) => page.items) ?? [], [found.data]);
  const groups = useMemo(() => byRun(hits), [hits]);
  // One talkative run may fill a page by itself: read on until there is something to choose from.
  const { hasNextPage, isFetching, fetchNextPage } = found;
  const readOn = hasNextPage && !isFetching && groups.length < ENOUGH && hits.length < ENOUGH_HITS;
  useEffect(() => {
    if (readOn) void fetchNextPage();
  }, [readOn, fetchNextPage]);
  const [active, setActive] = useState(-1);
  const current = groups[active]?.[0];
  useShortcuts({
    j: () => setActive((at) => Math.min(at + 1, groups.length - 1)),
    k: () => setActive((at) => Math.max(at - 1, 0)),
    enter: () => current?.run_id && void navigate({ to: "/runs/$runId", params: { runId: current.run_id }, search: { span: current.span.span_id } }),
  });
  return (
    <Page
      title="Search"
      actions={<RangePicker value={range} onChange={(next) => void navigate({ search: (old) => ({ ...old, ...next }) })} />}
      bar={
        <form
          role="search"
          className="px-4 pb-3 md:px-5"
          onSubmit={(event) => {
            event.preventDefault();
            setActive(-1);
            void navigate({ search: (old) => ({ ...old, q: typed.trim() || undefined }) });
          }}
        >
          <label className="flex h-9 max-w-3xl items-center gap-2 rounded-md border border-line-strong bg-surface px-3 shadow-card focus-within:border-focus focus-within:ring-1 focus-within:ring-focus">
            <SearchIcon className="size-4 text-muted" aria-hidden />
            <input
              data-search
              autoFocus
              aria-label="Search inputs and outputs"
              placeholder="Words that were said: to a model, by a model, to a tool, by a tool"
              className="flex-1 bg-transparent text-sm outline-none"
              maxLength={500}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
            />
            <Button type="submit" look="ghost">
              Search
            </Button>
          </label>
        </form>
      }
    >
      <div className="h-full overflow-y-auto bg-surface">
        {!search.q ? (
          <Empty icon={<SearchIcon />} title="Search everything that was said">
            <p>Every word must occur in one step. Filters on fields and attributes are on the runs page.</p>
          </Empty>
        ) : found.isError ? (
          <Failed what="The search" error={found.error} retry={() => void found.refetch()} />
        ) : found.isPending ? (
          <SkeletonRows rows={8} height={72} />
        ) : hits.length === 0 ? (
          <Empty icon={<SearchX />} title={`Nothing says “${search.q}”`}>
            <p>Every word must occur in one step.</p>
            {search.from === ALL_TIME ? null : (
              <Link to="/search" search={{ q: search.q, from: ALL_TIME }} className={`${buttonClass()} mt-4`}>
                Search all time
              </Link>
            )}
          </Empty>
        ) : (
          <>
            <ol aria-label="What was found">
              {groups.map((group, index) => (
                <Group key={`${group[0]?.span.trace_id ?? ""} ${group[0]?.span.span_id ?? ""}`} hits={group} words={search.q ?? ""} active={index === active} />
              ))}
            </ol>
            <div className="p-4 text-center text-xs text-muted">
              {found.hasNextPage ? (
                <Button onClick={() => void found.fetchNextPage()} disabled={found.isFetchingNextPage}>
                  Show more
                </Button>
              ) : (
                `That is all: ${hits.length} ${hits.length === 1 ? "step" : "steps"}`
              )}
            </div>
          </>
        )}
      </div>
    </Page>
  );
}

/** The hits of one run: the newest, and the others when asked for. */
function Group({ hits, words, active }: { hits: readonly SearchHit[]; words: string; active: boolean }) {
  const [open, setOpen] = useState(false);
  const shown = open ? hits : hits.slice(0, 1);
  return (
    <>
      {shown.map((hit, index) => (
        <Hit key={`${hit.span.trace_id} ${hit.span.span_id}`} hit={hit} words={words} active={active && index === 0}>
          {index === 0 && hits.length > 1 && !open ? (
            <button type="button" className="relative z-1 mt-1 min-h-6 text-xs link" onClick={() => setOpen(true)}>
              {plural(hits.length - 1, "more step")} of this run
            </button>
          ) : null}
        </Hit>
      ))}
    </>
  );
}

function Hit({ hit, words, active, children }: { hit: SearchHit; words: string; active: boolean; children: ReactNode }) {
  const { span } = hit;
  const head = (
    <>
      <KindIcon kind={span.kind} />
      <span className="truncate font-medium">{titleOf(span)}</span>
    </>
  );
  return (
    <li
      className={cx("relative border-b border-line px-4 py-2.5 md:px-5", active ? "bg-selected" : "hover:bg-hover")}
      ref={(element) => {
        if (active) element?.scrollIntoView({ block: "nearest" });
      }}
    >
      <div className="flex items-center gap-2 text-xs">
        {hit.run_id ? (
          <Link to="/runs/$runId" params={{ runId: hit.run_id }} search={{ span: span.span_id }} className="flex min-w-0 items-center gap-2 after:absolute after:inset-0">
            {head}
          </Link>
        ) : (
          <span className="flex min-w-0 items-center gap-2" title="Not joined to a run yet">
            {head}
          </span>
        )}
        <span className="text-muted">{kindLook(span.kind).label}</span>
        {span.agent ? <span className="truncate text-muted">· {span.agent}</span> : null}
        {span.model ? <span className="hidden truncate text-muted md:inline">· {span.model}</span> : null}
        <Ago at={span.started_at} className="ml-auto shrink-0 text-muted" />
      </div>
      <p className="mt-1 line-clamp-2 text-sm [overflow-wrap:anywhere] text-muted">
        <span className="mr-2 text-xs font-medium text-text">{saidBy(hit)}</span>
        {highlight(hit.excerpt, words).map((piece, index) =>
          piece.hit ? (
            <mark key={index} className="rounded-xs bg-warn-soft font-medium text-warn">
              {piece.text}
            </mark>
          ) : (
            <span key={index}>{piece.text}</span>
          ),
        )}
      </p>
      {children}
    </li>
  );
}

/** Who said what the excerpt shows; of a step without a chat, on which side of it it stands. */
function saidBy({ role, place, span }: SearchHit): string {
  if (role) return roleLook(role).label;
  if (["tool", "mcp", "handoff"].includes(span.kind)) return place === "input" ? "Arguments" : "Result";
  return place === "input" ? "Input" : "Output";
}
