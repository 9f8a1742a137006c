import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { MessagesSquare } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useProject } from "@/client/project";
import { ALL_TIME } from "@/client/time-range";
import type { SessionRow } from "@/client/types";
import { Badge } from "@/ui/badges";
import { buttonClass } from "@/ui/button";
import { cx } from "@/ui/classes";
import { CodeBlock } from "@/ui/copy";
import { compact, count, money, plural, UNKNOWN } from "@/ui/format";
import { useNarrow } from "@/ui/narrow";
import { useRevealed } from "@/ui/reveal";
import { Page } from "@/ui/shell/page";
import { useShortcuts } from "@/ui/shortcuts";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { filterText } from "../filters";
import { COST_KNOWN, FAILED } from "../links";
import { useLiveRefresh } from "../live-refresh";
import { sessionsQuery } from "../queries";
import { RangePicker } from "../range-picker";
import { SESSION_CARD, SessionCard } from "./session-card";

const route = getRouteApi("/shell/sessions");
const ROW = 56;
const HEAD = 32;
const TRACKS = "grid-cols-[minmax(120px,1fr)_minmax(240px,3fr)_minmax(100px,1fr)_90px_90px_90px_84px]";

/** Conversations: runs that share a session id, last active first. */
export function SessionsPage() {
  const project = useProject();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const range = { from: search.from };
  const list = useInfiniteQuery(sessionsQuery(project, range));
  const sessions = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  useLiveRefresh([["sessions", project]], { everyMs: 5000 });
  return (
    <Page title="Sessions" actions={<RangePicker value={range} onChange={(next) => void navigate({ search: { from: next.from } })} />}>
      <div className="h-full bg-surface">
        {list.isError ? (
          <Failed what="Sessions" error={list.error} retry={() => void list.refetch()} />
        ) : list.isPending ? (
          <SkeletonRows height={ROW} />
        ) : sessions.length === 0 ? (
          <NoSessions all={search.from === ALL_TIME} />
        ) : (
          <Table sessions={sessions} hasMore={list.hasNextPage && !list.isFetchingNextPage} loadMore={() => void list.fetchNextPage()} />
        )}
      </div>
    </Page>
  );
}

function NoSessions({ all }: { all: boolean }) {
  return (
    <Empty icon={<MessagesSquare />} title={all ? "No session yet" : "No session in this time"}>
      <p>Runs of one conversation are shown together when they carry a session id, for instance:</p>
      <div className="mt-4 text-left">
        <CodeBlock title="Any OpenTelemetry span" code={'# or "session.id"\nspan.set_attribute("gen_ai.conversation.id", conversation_id)'} />
      </div>
      {all ? null : (
        <Link to="/sessions" search={{ from: ALL_TIME }} className={`${buttonClass()} mt-4`}>
          Look in all time
        </Link>
      )}
    </Empty>
  );
}

function Table({ sessions, hasMore, loadMore }: { sessions: readonly SessionRow[]; hasMore: boolean; loadMore: () => void }) {
  const navigate = route.useNavigate();
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const narrow = useNarrow();
  const height = narrow ? SESSION_CARD : ROW;
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtual list's own state; nothing here is memoised on it
  const virtual = useVirtualizer({ count: sessions.length, getScrollElement: () => scroller.current, estimateSize: () => height, overscan: 10 });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= sessions.length - 10) loadMore();
  }, [hasMore, last, sessions.length, loadMore]);
  const go = (index: number) => {
    const bounded = Math.max(0, Math.min(sessions.length - 1, index));
    setActive(bounded);
  };
  useEffect(() => virtual.measure(), [virtual, height]);
  useRevealed(scroller, active, narrow ? { row: height } : { row: height, before: HEAD, covered: HEAD });
  const current = sessions[active];
  useShortcuts({
    j: () => go(active + 1),
    k: () => go(active - 1),
    arrowdown: () => go(active + 1),
    arrowup: () => go(active - 1),
    enter: () => current && void navigate({ to: "/sessions/$sessionId", params: { sessionId: current.session_id } }),
  });
  if (narrow)
    return (
      <div ref={scroller} className="h-full overflow-x-hidden overflow-y-auto">
        <ul aria-label="Sessions" className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const session = sessions[item.index];
            return session ? <SessionCard key={session.session_id} session={session} top={item.start} active={item.index === active} /> : null;
          })}
        </ul>
      </div>
    );
  return (
    <div ref={scroller} className="h-full overflow-auto">
      <div role="table" aria-label="Sessions" className="min-w-[860px]">
        <div role="rowgroup" className="sticky top-0 z-10 bg-surface">
          <div role="row" className={cx("grid items-center gap-x-3 border-b border-line px-5 text-xs text-muted", TRACKS)} style={{ height: HEAD }}>
            {["Session", "Conversation", "Agents", "Runs", "Tokens", "Cost", "Last active"].map((label, index) => (
              <span key={label} role="columnheader" className={index > 2 ? "text-right" : undefined}>
                {label}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const session = sessions[item.index];
            return session ? <Row key={session.session_id} session={session} top={item.start} active={item.index === active} /> : null;
          })}
        </div>
      </div>
    </div>
  );
}

function Row({ session, top, active }: { session: SessionRow; top: number; active: boolean }) {
  const its = (...filters: string[]) => ({ from: ALL_TIME, filter: [filterText("session_id", "eq", session.session_id), ...filters] });
  /** A number leads to the runs it is of; the row's own link lies below it. */
  const number = (filters: string[], text: string) => (
    <Link to="/runs" search={its(...filters)} className="relative z-1 inline-flex min-h-6 min-w-6 items-center justify-end rounded hover:link">
      {text}
    </Link>
  );
  const tokens = session.input_tokens === null && session.output_tokens === null ? null : (session.input_tokens ?? 0) + (session.output_tokens ?? 0);
  return (
    <div
      role="row"
      className={cx("absolute inset-x-0 grid items-center gap-x-3 border-b border-line px-5", TRACKS, active ? "bg-selected" : "hover:bg-hover")}
      style={{ height: ROW, transform: `translateY(${top}px)` }}
    >
      <span role="cell" className="min-w-0">
        <Link to="/sessions/$sessionId" params={{ sessionId: session.session_id }} className="block truncate font-medium after:absolute after:inset-0" title={session.session_id}>
          {session.session_id}
        </Link>
        <span className="block truncate text-2xs text-muted">{session.user_id ?? ""}</span>
      </span>
      <span role="cell" className="min-w-0">
        <span className="block truncate">{session.first_input?.slice(0, 240) ?? <span className="text-faint">what was asked is unknown</span>}</span>
        <span className="block truncate text-xs text-muted">{session.last_answer?.replace(/\s+/g, " ").slice(0, 240) ?? ""}</span>
      </span>
      <span role="cell" className="truncate text-muted" title={session.agents.join(", ")}>
        {session.agents.join(", ") || UNKNOWN}
      </span>
      <span role="cell" className="num flex items-center justify-end gap-1.5">
        {session.errors ? (
          <Link to="/runs" search={its(FAILED)} className="relative z-1 rounded">
            <Badge tone="bad" title={`${plural(session.errors, "run")} with an error`}>{session.errors} failed</Badge>
          </Link>
        ) : null}
        {number([], count(session.runs))}
      </span>
      <span role="cell" className="num text-right">{tokens === null ? UNKNOWN : number([filterText("input_tokens", "exists")], compact(tokens))}</span>
      <span role="cell" className="num text-right">{session.cost_usd === null ? UNKNOWN : number([COST_KNOWN], money(session.cost_usd))}</span>
      <span role="cell" className="text-right text-muted">
        <Ago at={session.last_at} />
      </span>
    </div>
  );
}
