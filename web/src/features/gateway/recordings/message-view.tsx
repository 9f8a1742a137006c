import { useMemo, useState } from "react";
import { Button } from "@/ui/button";
import { CodeView } from "@/ui/code/code";
import { CopyButton } from "@/ui/copy";
import { bytes } from "@/ui/format";
import { JsonBlock } from "@/ui/json-block";
import { parseJson } from "@/ui/json-view";
import { ChunkStrip } from "./chunk-strip";
import type { RecordedMessage } from "./queries";
import { spoken } from "./timing";

interface MessageViewProps {
  message: RecordedMessage;
  elapsedMs: number;
  /** What the body is: "Request" or "Answer". */
  label: string;
  onFull: () => void;
}

/** One direction of a call: when its pieces came, what they say, its headers. */
export function MessageView({ message, elapsedMs, label, onFull }: MessageViewProps) {
  const value = useMemo(() => parseJson(message.body), [message.body]);
  const said = useMemo(() => (value ? "" : spoken(message.body)), [message.body, value]);
  const [raw, setRaw] = useState(false);
  return (
    <div className="flex flex-col gap-4">
      <p className="num flex flex-wrap items-center gap-x-3 font-mono text-xs">
        <span className="[overflow-wrap:anywhere]">{message.head}</span>
        <span className="text-muted">{bytes(message.body_bytes)}</span>
      </p>
      <ChunkStrip message={message} elapsedMs={elapsedMs} />
      <section>
        <div className="mb-2 flex items-center justify-between gap-2">
          <h3 className="text-xs font-medium text-muted">{said && !raw ? "What the stream said" : "Body"}</h3>
          <span className="flex items-center gap-1">
            {said ? (
              <Button size="sm" onClick={() => setRaw(!raw)}>
                {raw ? "Show what it said" : "Show events"}
              </Button>
            ) : null}
            {message.body ? <CopyButton text={message.body} label={`Copy the ${label.toLowerCase()}`} /> : null}
          </span>
        </div>
        {!message.body ? (
          <p className="text-xs text-faint">Empty.</p>
        ) : value ? (
          <JsonBlock value={value} label={label} open={3} className="rounded-lg border border-line bg-sunken p-3 pr-9" />
        ) : said && !raw ? (
          <p className="rounded-lg border border-line bg-sunken p-3 text-sm [overflow-wrap:anywhere] whitespace-pre-wrap">{said}</p>
        ) : (
          <CodeView text={message.body} language="text" label={label} maxHeight="50vh" />
        )}
        {message.truncated ? (
          <Button size="sm" className="mt-2" onClick={onFull}>
            Show all {bytes(message.body_bytes)}
          </Button>
        ) : null}
      </section>
      <details className="text-xs">
        <summary className="cursor-pointer text-muted hover:text-text">{message.headers.length} headers</summary>
        <dl className="mt-2 font-mono text-2xs">
          {message.headers.map((header, at) => (
            <div key={at} className="grid grid-cols-[minmax(8rem,14rem)_1fr] gap-3 border-b border-line py-1">
              <dt className="text-muted [overflow-wrap:anywhere]">{header.name}</dt>
              <dd className="[overflow-wrap:anywhere]">{header.value}</dd>
            </div>
          ))}
        </dl>
      </details>
    </div>
  );
}
