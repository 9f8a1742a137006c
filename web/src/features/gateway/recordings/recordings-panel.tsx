import { useQuery } from "@tanstack/react-query";
import { ChevronRight, Radio } from "lucide-react";
import type { ReactNode } from "react";
import { CodeBlock } from "@/ui/copy";
import { duration, money } from "@/ui/format";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { CallBar, CallLegend } from "./call-bar";
import { EndingBadge } from "./ending";
import { ExchangeDetail } from "./exchange-detail";
import { runExchangesQuery, type Exchange } from "./queries";
import { pieces, spanOf } from "./timing";

interface RecordingsPanelProps {
  project: string;
  runId: string;
  /** The call that is looked at. */
  chosen: string | undefined;
  part: "request" | "answer";
  onChoose: (exchangeId: string | undefined) => void;
  onPart: (part: "request" | "answer") => void;
  /** What can be done with a call. */
  actions?: (exchange: Exchange) => ReactNode;
}

/** Every call of the run through the gateway, when, how it ended, and what was recorded of it. */
export function RecordingsPanel({ project, runId, chosen, part, onChoose, onPart, actions }: RecordingsPanelProps) {
  const exchanges = useQuery(runExchangesQuery(project, runId));
  if (exchanges.isError) return <Failed what="The recordings" error={exchanges.error} retry={() => void exchanges.refetch()} />;
  if (exchanges.isPending) return <SkeletonRows rows={8} height={36} />;
  const items = exchanges.data.items;
  const exchange = items.find((each) => each.id === chosen);
  if (exchange) return <ExchangeDetail project={project} exchange={exchange} part={part} onPart={onPart} onBack={() => onChoose(undefined)} actions={actions?.(exchange)} />;
  if (!items.length) return <NothingRecorded />;
  const { beginMs, lengthMs } = spanOf(items);
  return (
    <div className="flex flex-col gap-3">
      <Totals items={items} lengthMs={lengthMs} />
      <ol aria-label="Calls through the gateway" className="border-t border-line">
        {items.map((each) => (
          <CallRow key={each.id} exchange={each} beginMs={beginMs} lengthMs={lengthMs} onChoose={() => onChoose(each.id)} />
        ))}
      </ol>
      <CallLegend />
    </div>
  );
}

function CallRow({ exchange, beginMs, lengthMs, onChoose }: { exchange: Exchange; beginMs: number; lengthMs: number; onChoose: () => void }) {
  const after = Date.parse(exchange.started_at) - beginMs;
  return (
    <li className="border-b border-line">
      <button type="button" onClick={onChoose} className="grid w-full grid-cols-[minmax(0,1fr)_auto_1rem] items-center gap-x-3 gap-y-1 px-1 py-2 text-left text-xs hover:bg-hover md:grid-cols-[minmax(6rem,1.2fr)_minmax(4rem,1.6fr)_7rem_3.5rem_3.5rem_1rem]">
        <span className="min-w-0 truncate font-medium" title={exchange.upstream ?? exchange.target}>
          {exchange.target}
          <span className="ml-2 font-normal text-muted">{exchange.answered ?? ""}</span>
        </span>
        <span className="order-last col-span-3 md:order-none md:col-span-1">
          <CallBar pieces={pieces(exchange, beginMs, lengthMs)} label={`begun after ${duration(after)}, took ${duration(exchange.elapsed_ms)}`} />
        </span>
        <span className="flex justify-end gap-1 md:justify-start">
          <EndingBadge exchange={exchange} />
          {exchange.recorded ? null : <span className="self-center text-2xs text-faint">not kept</span>}
        </span>
        <span className="num hidden text-right md:block">{duration(exchange.elapsed_ms)}</span>
        <span className="num hidden text-right text-muted md:block">{exchange.kind === "model" ? money(exchange.cost_usd) : ""}</span>
        <ChevronRight className="size-4 text-faint" aria-hidden />
      </button>
    </li>
  );
}

function Totals({ items, lengthMs }: { items: readonly Exchange[]; lengthMs: number }) {
  const failed = items.filter((each) => each.failure || each.ending === "failed" || each.ending === "cut_off").length;
  const tries = items.reduce((sum, each) => sum + each.attempts.length, 0);
  const models = items.filter((each) => each.kind === "model");
  const costs = models.map((each) => each.cost_usd).filter((each): each is number => each !== null);
  return (
    <p className="num flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
      <span><strong className="font-medium text-text">{items.length}</strong> {items.length === 1 ? "call" : "calls"} in {duration(lengthMs)}</span>
      <span className={failed ? "text-bad" : undefined}>{failed} failed</span>
      {tries > items.length ? <span>{tries} tries</span> : null}
      {costs.length ? <span>{money(costs.reduce((sum, each) => sum + each, 0))}{costs.length < models.length ? ` (known of ${costs.length} model calls)` : ""}</span> : null}
    </p>
  );
}

function NothingRecorded() {
  return (
    <Empty icon={<Radio />} title="No call of this run went through the gateway">
      <p>What an agent calls through the gateway is recorded, and the run can be executed again exactly. Its base URL and a key of its own are all it needs:</p>
      <CodeBlock code={"export OPENAI_BASE_URL=http://127.0.0.1:8421/v1\nexport OPENAI_API_KEY=rw_…"} />
    </Empty>
  );
}
