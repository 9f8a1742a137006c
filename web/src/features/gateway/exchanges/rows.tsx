import { Link } from "@tanstack/react-router";
import { Database, FlaskConical, MessageSquare, TriangleAlert } from "lucide-react";
import { Badge } from "@/ui/badges";
import { cx } from "@/ui/classes";
import { compact, duration, money, UNKNOWN } from "@/ui/format";
import { Ago } from "@/ui/time";
import { EndingBadge } from "../recordings/ending";
import type { Exchange } from "../recordings/queries";

export const ROW = 48;
export const CARD = 84;
export const TRACKS = "grid-cols-[4.75rem_minmax(5.5rem,1fr)_minmax(7rem,1.4fr)_minmax(9rem,1.8fr)_10rem_4.5rem_4.5rem_5.5rem_4.75rem_4.5rem]";
export const HEADS: readonly { label: string; right?: boolean }[] = [
  { label: "When" },
  { label: "Agent" },
  { label: "Target" },
  { label: "Who answered" },
  { label: "Ending" },
  { label: "First byte", right: true },
  { label: "Took", right: true },
  { label: "Tokens", right: true },
  { label: "Cost", right: true },
  { label: "Run", right: true },
];

interface RowProps {
  exchange: Exchange;
  onOpen: () => void;
}

export function ExchangeRow({ exchange, place, active, onOpen }: RowProps & { place: number; active: boolean }) {
  return (
    <div role="row" id={`exchange-${exchange.id}`} aria-rowindex={place} style={{ height: ROW }} className={cx("relative grid items-center gap-x-3 border-t border-line px-4 text-xs hover:bg-hover", TRACKS, active && "bg-selected")}>
      <span role="cell" className="truncate text-muted">
        <Ago at={exchange.started_at} />
      </span>
      <span role="cell" className="truncate" title={exchange.agent}>
        {exchange.agent || UNKNOWN}
        {exchange.release ? <span className="block truncate text-2xs text-muted">{exchange.release}</span> : null}
      </span>
      <span role="cell" className="min-w-0">
        <button type="button" onClick={onOpen} className="flex max-w-full items-center gap-1.5 text-left font-medium after:absolute after:inset-0" aria-label={`Open the call to ${exchange.target}`}>
          <KindMark exchange={exchange} />
          <span className="truncate">{exchange.target}</span>
        </button>
        <Marks exchange={exchange} />
      </span>
      <span role="cell" className="min-w-0 text-2xs">
        <Who exchange={exchange} />
      </span>
      <span role="cell" className="flex min-w-0 items-center gap-1.5">
        <EndingBadge exchange={exchange} />
        {exchange.status !== null && exchange.status !== 200 ? <span className="num text-2xs text-muted">{exchange.status}</span> : null}
      </span>
      <span role="cell" className="num text-right">
        {duration(exchange.first_byte_ms)}
      </span>
      <span role="cell" className="num text-right">
        {duration(exchange.elapsed_ms)}
      </span>
      <span role="cell" className="num text-right whitespace-nowrap">
        <Tokens exchange={exchange} />
      </span>
      <span role="cell" className="num text-right">
        {exchange.kind === "model" ? money(exchange.cost_usd) : ""}
      </span>
      <span role="cell" className="relative z-10 text-right">
        <RunLink exchange={exchange} />
      </span>
    </div>
  );
}

export function ExchangeCard({ exchange, onOpen }: RowProps) {
  return (
    <li style={{ height: CARD }} className="relative flex flex-col justify-center gap-1 overflow-hidden border-b border-line text-xs">
      <span className="flex items-center gap-2">
        <button type="button" onClick={onOpen} className="flex min-w-0 items-center gap-1.5 text-left font-medium after:absolute after:inset-0" aria-label={`Open the call to ${exchange.target}`}>
          <KindMark exchange={exchange} />
          <span className="truncate">{exchange.target}</span>
        </button>
        <span className="ml-auto">
          <EndingBadge exchange={exchange} />
        </span>
      </span>
      <span className="truncate text-2xs text-muted">
        {[exchange.agent, exchange.answered ?? exchange.upstream].filter(Boolean).join(" · ")}
      </span>
      <span className="num flex items-center gap-3 text-2xs text-muted">
        <Ago at={exchange.started_at} />
        <span>{duration(exchange.elapsed_ms)}</span>
        {exchange.kind === "model" ? <span>{money(exchange.cost_usd)}</span> : null}
        {exchange.fault ? <span className="text-warn">drill: {exchange.fault}</span> : null}
        <span className="relative z-10 ml-auto">
          <RunLink exchange={exchange} />
        </span>
      </span>
    </li>
  );
}

function KindMark({ exchange }: { exchange: Exchange }) {
  const Icon = exchange.kind === "model" ? MessageSquare : Database;
  return <Icon className="size-3.5 shrink-0 text-muted" role="img" aria-label={exchange.kind} />;
}

function Marks({ exchange }: { exchange: Exchange }) {
  const { fault, drill, cached, attempts, contract_findings: findings } = exchange;
  const words = [cached ? "from the cache" : "", attempts.length > 1 ? `${attempts.length} tries` : "", exchange.streamed ? "streamed" : ""].filter(Boolean).join(", ");
  if (!fault && !findings.length && !words) return null;
  return (
    <span className="flex items-center gap-1.5 truncate text-2xs text-muted">
      {fault ? (
        <span className="inline-flex items-center gap-1 text-warn" title={drill ? `Put in by drill ${drill}` : "Put in by a drill"}>
          <FlaskConical className="size-3" aria-hidden /> {fault}
        </span>
      ) : null}
      {findings.length ? (
        <span className="inline-flex items-center gap-1 text-warn" title={findings.join("; ")}>
          <TriangleAlert className="size-3" aria-hidden /> contract
        </span>
      ) : null}
      {words}
    </span>
  );
}

/** Asked for, and who answered: where these differ, both. */
function Who({ exchange }: { exchange: Exchange }) {
  const { upstream, answered, pinned } = exchange;
  if (!upstream && !answered) return <span className="text-faint">nobody was asked</span>;
  const model = upstream?.slice(upstream.indexOf("/") + 1);
  const other = answered !== null && pinned !== null && !answered.startsWith(pinned);
  return (
    <>
      <span className="block truncate font-mono" title={upstream ?? undefined}>
        {upstream ?? UNKNOWN}
      </span>
      {answered && answered !== model ? (
        other ? (
          <Badge tone="warn" title={`The route is pinned to ${pinned}`} className="max-w-full">
            <TriangleAlert aria-hidden /> <span className="truncate">{answered}</span>
          </Badge>
        ) : (
          <span className="block truncate text-muted">{answered}</span>
        )
      ) : null}
    </>
  );
}

function Tokens({ exchange: { tokens } }: { exchange: Exchange }) {
  if (!tokens) return null;
  return (
    <span title={tokens.estimated ? "Counted from what came before it was aborted" : "In and out"}>
      {tokens.estimated ? "≈ " : ""}
      {compact(tokens.input)} → {compact(tokens.output)}
    </span>
  );
}

function RunLink({ exchange }: { exchange: Exchange }) {
  if (!exchange.run_id) return <span className="text-faint">{UNKNOWN}</span>;
  return (
    <Link to="/runs/$runId" params={{ runId: exchange.run_id }} search={{ pane: "recordings", call: exchange.id }} className="link font-mono text-2xs">
      {exchange.run_id.slice(0, 8)}
    </Link>
  );
}
