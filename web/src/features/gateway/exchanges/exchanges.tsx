import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ArrowLeftRight, ArrowUp } from "lucide-react";
import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/copy";
import { Dialog } from "@/ui/overlay";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Section } from "@/features/settings/section";
import { useNarrow } from "@/ui/narrow";
import { useShortcuts } from "@/ui/shortcuts";
import { useWindowed } from "@/ui/windowed";
import { gatewayHealthQuery } from "../queries";
import { ExchangeDetail } from "../recordings/exchange-detail";
import type { Exchange } from "../recordings/queries";
import { Filters } from "./filters";
import { exchangeQuery, exchangesQuery, type ExchangeFilters } from "./queries";
import { CARD, ExchangeCard, ExchangeRow, HEADS, ROW, TRACKS } from "./rows";

const here = getRouteApi("/shell/gateway");

/** Below this the newest is in sight, and more may come on top. */
const TOP_PX = 80;

interface ExchangesProps {
  project: string;
  scroller: RefObject<HTMLElement | null>;
}

/** Every call through the gateway, newest first; each opens what was recorded of it. */
export function Exchanges({ project, scroller }: ExchangesProps) {
  const { agent, target, kind, ending, code, call, part = "answer" } = here.useSearch();
  const navigate = here.useNavigate();
  const filters: ExchangeFilters = { agent, target, kind, ending, code };
  const atTop = useAtTop(scroller);
  const list = useInfiniteQuery({ ...exchangesQuery(project, filters, atTop && call === undefined), placeholderData: keepPreviousData });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const some = Object.values(filters).some(Boolean);
  const set = useCallback((next: ExchangeFilters) => void navigate({ search: (old) => ({ ...old, ...Object.fromEntries(Object.entries(next).map(([key, value]) => [key, value || undefined])) }), replace: true, resetScroll: false }), [navigate]);
  const onOpen = (id: string | undefined) => void navigate({ search: (old) => ({ ...old, call: id, part: undefined }), replace: true, resetScroll: false });
  const more = useCallback(() => {
    if (list.hasNextPage && !list.isFetching) void list.fetchNextPage();
  }, [list]);
  return (
    <Section title="Exchanges" about="Every call through the gateway, newest first: who asked for what, who answered, how it ended and what it cost.">
      <Filters filters={filters} onChange={set} />
      {list.isError ? (
        <Failed what="Exchanges" error={list.error} retry={() => void list.refetch()} />
      ) : list.isPending ? (
        <SkeletonRows rows={10} height={ROW} />
      ) : items.length === 0 ? (
        <Nothing project={project} some={some} />
      ) : (
        <>
          <List key={`${agent ?? ""} ${target ?? ""} ${kind ?? ""} ${ending ?? ""} ${code ?? ""}`} items={items} scroller={scroller} chosen={call} onOpen={onOpen} onEnd={more} />
          {list.hasNextPage ? (
            <Button className="self-center" disabled={list.isFetchingNextPage} onClick={more}>
              {list.isFetchingNextPage ? "Reading …" : "Older"}
            </Button>
          ) : null}
        </>
      )}
      {atTop && call === undefined ? null : call === undefined ? (
        <Button look="primary" className="fixed right-6 bottom-6 z-20 shadow-pop" onClick={() => scroller.current?.scrollTo({ top: 0 })}>
          <ArrowUp className="size-3.5" aria-hidden /> Newest
        </Button>
      ) : null}
      {call ? <Opened project={project} id={call} known={items.find((each) => each.id === call)} part={part} onPart={(next) => void navigate({ search: (old) => ({ ...old, part: next === "request" ? "request" : undefined }), replace: true, resetScroll: false })} onClose={() => onOpen(undefined)} /> : null}
    </Section>
  );
}

function useAtTop(scroller: RefObject<HTMLElement | null>): boolean {
  const [atTop, setAtTop] = useState(true);
  useEffect(() => {
    const outer = scroller.current;
    if (!outer) return;
    const look = () => setAtTop(outer.scrollTop < TOP_PX);
    outer.addEventListener("scroll", look, { passive: true });
    return () => outer.removeEventListener("scroll", look);
  }, [scroller]);
  return atTop;
}

interface ListProps {
  items: readonly Exchange[];
  scroller: RefObject<HTMLElement | null>;
  chosen: string | undefined;
  onOpen: (id: string) => void;
  onEnd: () => void;
}

function List({ items, scroller, chosen, onOpen, onEnd }: ListProps) {
  const body = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  const height = narrow ? CARD : ROW;
  const [from, to] = useWindowed(scroller, body, { row: height, count: items.length, enabled: items.length > 60 });
  const [active, setActive] = useState<string>();
  useEffect(() => {
    if (items.length > 60 && to >= items.length - 5) onEnd();
  }, [to, items.length, onEnd]);
  const step = (by: number) => {
    const at = items.findIndex((each) => each.id === active);
    const next = items[Math.max(0, Math.min(items.length - 1, at < 0 ? 0 : at + by))];
    setActive(next?.id);
    document.getElementById(`exchange-${next?.id ?? ""}`)?.scrollIntoView({ block: "nearest" });
  };
  useShortcuts({ j: () => step(1), k: () => step(-1), enter: () => active && onOpen(active) }, chosen === undefined);
  const space = (rows: number) => (rows > 0 ? <div aria-hidden style={{ height: rows * height }} /> : null);
  const shown = items.slice(from, to);
  if (narrow)
    return (
      <div className="border-t border-line">
        {space(from)}
        <ul ref={body as unknown as RefObject<HTMLUListElement>} aria-label="Exchanges">
          {shown.map((each) => (
            <ExchangeCard key={each.id} exchange={each} onOpen={() => onOpen(each.id)} />
          ))}
        </ul>
        {space(items.length - to)}
      </div>
    );
  return (
    <div className="overflow-x-auto rounded-xl border border-line bg-surface shadow-card">
      <div role="table" aria-label="Exchanges" aria-rowcount={-1} className="min-w-[64rem]">
        <div role="rowgroup">
          <div role="row" className={`grid h-9 items-center gap-x-3 px-4 text-xs text-muted ${TRACKS}`}>
            {HEADS.map(({ label, right }) => (
              <span key={label} role="columnheader" className={right ? "text-right" : undefined}>
                {label}
              </span>
            ))}
          </div>
        </div>
        <div ref={body} role="rowgroup">
          {space(from)}
          {shown.map((each, index) => (
            <ExchangeRow key={each.id} exchange={each} place={from + index + 2} active={each.id === active} onOpen={() => onOpen(each.id)} />
          ))}
          {space(items.length - to)}
        </div>
      </div>
    </div>
  );
}

function Nothing({ project, some }: { project: string; some: boolean }) {
  const health = useQuery(gatewayHealthQuery(project));
  if (some) return <Empty icon={<ArrowLeftRight />} title="No call is like that" className="py-8" />;
  return (
    <Empty icon={<ArrowLeftRight />} title="Nothing was called through the gateway yet">
      <p>An agent needs its base URL and a gateway key, and nothing else is changed in it:</p>
      <div className="mt-5 text-left">
        <CodeBlock title="An agent that uses an OpenAI SDK" code={`export OPENAI_BASE_URL=${health.data?.url ?? "http://127.0.0.1:8424"}/v1\nexport OPENAI_API_KEY=<a gateway key>`} />
      </div>
    </Empty>
  );
}

interface OpenedProps {
  project: string;
  id: string;
  known: Exchange | undefined;
  part: "request" | "answer";
  onPart: (part: "request" | "answer") => void;
  onClose: () => void;
}

function Opened({ project, id, known, part, onPart, onClose }: OpenedProps) {
  const read = useQuery({ ...exchangeQuery(project, id), enabled: known === undefined });
  const exchange = known ?? read.data;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={exchange ? `${exchange.agent || "Somebody"} called` : "Call"} width="max-w-4xl">
      {exchange ? <ExchangeDetail project={project} exchange={exchange} part={part} onPart={onPart} /> : read.isError ? <Failed what="This call" error={read.error} /> : <SkeletonRows rows={6} height={28} />}
    </Dialog>
  );
}
