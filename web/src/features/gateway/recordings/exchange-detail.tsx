import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, FileX, FlaskConical, ShieldCheck, TriangleAlert } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Problem } from "@/client/problem";
import { Badge } from "@/ui/badges";
import { IconButton } from "@/ui/button";
import { CopyId } from "@/ui/copy";
import { bytes, count, duration, money, UNKNOWN } from "@/ui/format";
import { Failed, SkeletonRows } from "@/ui/states";
import { Tabs } from "@/ui/tabs";
import { EndingBadge } from "./ending";
import { MessageView } from "./message-view";
import { recordingQuery, type Exchange } from "./queries";

interface ExchangeDetailProps {
  project: string;
  exchange: Exchange;
  part: "request" | "answer";
  onPart: (part: "request" | "answer") => void;
  /** Without it the reader came from elsewhere, and goes back there. */
  onBack?: () => void;
  actions?: ReactNode;
}

/** One call: what was asked, answered and paid, and what was recorded of it. */
export function ExchangeDetail({ project, exchange, part, onPart, onBack, actions }: ExchangeDetailProps) {
  return (
    <div className="flex flex-col gap-4">
      <header className="flex items-center gap-2">
        {onBack ? (
          <IconButton label="All calls of the run" onClick={onBack}>
            <ArrowLeft />
          </IconButton>
        ) : null}
        <h2 className="min-w-0 truncate text-base font-semibold tracking-[-0.01em]">{exchange.target}</h2>
        <EndingBadge exchange={exchange} />
        <span className="ml-auto">
          <CopyId id={exchange.id} label="Copy exchange id" />
        </span>
      </header>
      {actions}
      <Facts exchange={exchange} />
      {exchange.failure ? <FailureNote exchange={exchange} /> : null}
      {exchange.contract_findings.length ? (
        <Note icon={<TriangleAlert />} tone="warn">
          The contract did not hold: {exchange.contract_findings.join("; ")}
        </Note>
      ) : null}
      {exchange.fault ? (
        <Note icon={<FlaskConical />} tone="warn">
          A drill put the fault <strong>{exchange.fault}</strong> into this call.
        </Note>
      ) : null}
      {exchange.attempts.length > 1 || exchange.failure ? <Attempts exchange={exchange} /> : null}
      <RecordingPart project={project} exchange={exchange} part={part} onPart={onPart} />
    </div>
  );
}

function RecordingPart({ project, exchange, part, onPart }: Omit<ExchangeDetailProps, "onBack" | "actions">) {
  const [full, setFull] = useState(false);
  const recording = useQuery({ ...recordingQuery(project, exchange.id, full), enabled: exchange.recorded });
  if (!exchange.recorded || (recording.isError && Problem.from(recording.error).status === 404))
    return (
      <Note icon={<FileX />} tone="quiet">
        {recording.isError ? Problem.from(recording.error).message : "Nothing of this call was recorded: the policy keeps none, or the disk had no room."}
      </Note>
    );
  if (recording.isError) return <Failed what="The recording" error={recording.error} retry={() => void recording.refetch()} />;
  if (recording.isPending) return <SkeletonRows rows={6} height={28} />;
  const message = part === "request" ? recording.data.request : recording.data.answer;
  return (
    <div className="flex flex-col gap-4">
      {recording.data.masked ? (
        <Note icon={<ShieldCheck />} tone="quiet">
          {count(recording.data.masked)} {recording.data.masked === 1 ? "secret was" : "secrets were"} masked before anything was written.
        </Note>
      ) : null}
      {recording.data.notes.map((note) => (
        <Note key={note} icon={<TriangleAlert />} tone="warn">
          {note}
        </Note>
      ))}
      <Tabs
        tabs={[
          { id: "answer", label: "Answer" },
          { id: "request", label: "Request" },
        ]}
        value={part}
        onChange={onPart}
        label="What to show of the call"
      />
      <div role="tabpanel" aria-labelledby={`tab-${part}`}>
        {message ? (
          <MessageView key={part} message={message} elapsedMs={exchange.elapsed_ms} label={part === "request" ? "Request" : "Answer"} onFull={() => setFull(true)} />
        ) : (
          <p className="text-xs text-faint">{part === "answer" ? "No answer came." : "The request was not recorded."}</p>
        )}
      </div>
    </div>
  );
}

function Facts({ exchange }: { exchange: Exchange }) {
  const { tokens } = exchange;
  const facts: [string, ReactNode][] = [
    ["took", duration(exchange.elapsed_ms)],
    ["first byte", exchange.first_byte_ms === null ? UNKNOWN : duration(exchange.first_byte_ms)],
    ["status", exchange.status ?? UNKNOWN],
    ["sent", bytes(exchange.request_bytes)],
    ["came", bytes(exchange.response_bytes)],
    ...(tokens ? ([["tokens", `${count(tokens.input)} → ${count(tokens.output)}${tokens.estimated ? " (estimated)" : ""}`]] as [string, ReactNode][]) : []),
    ...(exchange.kind === "model" ? ([["cost", money(exchange.cost_usd)]] as [string, ReactNode][]) : []),
    ...(exchange.answered ? ([["model", isOther(exchange) ? <Changed key="model" exchange={exchange} /> : exchange.answered]] as [string, ReactNode][]) : []),
    ...(exchange.upstream ? ([["upstream", exchange.upstream]] as [string, ReactNode][]) : []),
    ...(exchange.cached ? ([["cache", "answered from it"]] as [string, ReactNode][]) : []),
    ["bound by", exchange.bound_by?.replaceAll("_", " ") ?? (exchange.run_id ? "its trace" : UNKNOWN)],
  ];
  return (
    <dl className="num flex flex-wrap gap-x-4 gap-y-1 text-xs">
      {facts.map(([label, value]) => (
        <div key={label} className="flex gap-1.5">
          <dt className="text-muted">{label}</dt>
          <dd className="[overflow-wrap:anywhere]">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Answered by another model than the route pins; a dated version of the same name is the same model. */
function isOther({ asked, pinned, answered }: Exchange): boolean {
  return Boolean(pinned && answered && pinned !== asked && !answered.startsWith(pinned));
}

function Changed({ exchange }: { exchange: Exchange }) {
  return (
    <Badge tone="warn" title={`The route is pinned to ${exchange.pinned ?? ""}`}>
      <TriangleAlert aria-hidden /> {exchange.answered}, pinned {exchange.pinned}
    </Badge>
  );
}

function FailureNote({ exchange }: { exchange: Exchange }) {
  const { failure } = exchange;
  if (!failure) return null;
  return (
    <section className="rounded-lg border border-line bg-bad-soft p-3 text-xs" aria-label="What the agent was told">
      <p className="font-medium text-bad">{failure.what}</p>
      <p className="mt-1">{failure.do_not_conclude}</p>
      <p className="mt-1 text-muted">
        Retry: {failure.retry}
        {failure.retry_after_s === null ? "" : `, after ${duration(failure.retry_after_s * 1000)}`}
      </p>
    </section>
  );
}

function Attempts({ exchange }: { exchange: Exchange }) {
  return (
    <section>
      <h3 className="mb-1 text-xs font-medium text-muted">Tries</h3>
      <ol className="num text-xs">
        {exchange.attempts.map((attempt, at) => (
          <li key={at} className="flex flex-wrap gap-x-3 border-b border-line py-1">
            <span className="w-4 text-faint">{at + 1}</span>
            <span className="[overflow-wrap:anywhere]">{attempt.upstream}</span>
            <span className="text-muted">after {duration(attempt.after_ms)}</span>
            <span className="text-muted">took {duration(attempt.elapsed_ms)}</span>
            <span>{attempt.status ?? "no answer"}</span>
            {attempt.failure ? <span className="text-bad">{attempt.failure.replaceAll("_", " ")}</span> : null}
            {attempt.hedge ? <span className="text-muted">hedge</span> : null}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Note({ icon, tone, children }: { icon: ReactNode; tone: "warn" | "quiet"; children: ReactNode }) {
  return (
    <p className={`flex items-start gap-2 rounded-lg px-3 py-2 text-xs [&_svg]:mt-0.5 [&_svg]:size-3.5 [&_svg]:shrink-0 ${tone === "warn" ? "bg-warn-soft text-warn" : "bg-sunken text-muted"}`}>
      {icon}
      <span>{children}</span>
    </p>
  );
}
