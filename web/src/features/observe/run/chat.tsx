import { ChevronRight, FileText, Image, Lightbulb, Wrench } from "lucide-react";
import { useState } from "react";
import type { Message, MessagePart, ToolCall } from "@/client/types";
import { Badge } from "@/ui/badges";
import { cx } from "@/ui/classes";
import { CopyButton } from "@/ui/copy";
import { JsonBlock } from "@/ui/json-block";
import { parseJson } from "@/ui/json-view";
import { Prose } from "./prose-text";
import { roleLook } from "./roles";

interface ChatProps {
  messages: readonly Message[];
  /** Steps by the id of the tool call they carried out: so that a call leads to its step. */
  stepOfCall?: ((callId: string) => string | undefined) | undefined;
  onSelect?: ((spanId: string) => void) | undefined;
  /** Earlier messages are folded to this many at the end. */
  keep?: number;
}

/** Messages as a conversation. */
export function Chat({ messages, stepOfCall, onSelect, keep }: ChatProps) {
  const [all, setAll] = useState(false);
  const cut = keep !== undefined && !all && messages.length > keep + 1 ? messages.length - keep : 0;
  return (
    <div className="flex flex-col gap-3">
      {cut ? (
        <button
          type="button"
          className="flex h-7 items-center justify-center gap-1.5 rounded-md border border-dashed border-line-strong text-xs text-muted hover:bg-hover hover:text-text"
          onClick={() => setAll(true)}
        >
          Show {cut} earlier messages
        </button>
      ) : null}
      {messages.slice(cut).map((message, index) => (
        <Bubble key={cut + index} message={message} stepOfCall={stepOfCall} onSelect={onSelect} />
      ))}
    </div>
  );
}

function Bubble({ message, stepOfCall, onSelect }: { message: Message } & Pick<ChatProps, "stepOfCall" | "onSelect">) {
  const { icon: Icon, label, color } = roleLook(message.role);
  const long = message.role === "system" && message.content.length > 320;
  const [open, setOpen] = useState(!long);
  const step = message.tool_call_id ? stepOfCall?.(message.tool_call_id) : undefined;
  return (
    <article className="group/message border-l-2 pl-3" style={{ borderColor: color }} aria-label={label}>
      <header className="mb-1 flex min-h-5 items-center gap-1.5 text-xs">
        <Icon className="size-3.5 shrink-0" style={{ color: message.role === "system" ? "var(--muted)" : color }} aria-hidden />
        <span className="font-medium">{label}</span>
        {message.name ? <span className="text-muted">{message.name}</span> : null}
        {message.finish_reason && message.finish_reason !== "stop" ? (
          <Badge title="Why the model stopped">{message.finish_reason}</Badge>
        ) : null}
        {step && onSelect ? <StepLink onClick={() => onSelect(step)} /> : null}
        <span className="ml-auto opacity-0 group-focus-within/message:opacity-100 group-hover/message:opacity-100">
          <CopyButton text={message.content} label="Copy message" />
        </span>
      </header>
      {open ? (
        <>
          {message.parts.map((part, index) => <Part key={index} part={part} />)}
          {message.content ? <Prose text={message.content} /> : null}
        </>
      ) : (
        <button type="button" className="line-clamp-2 text-left text-sm text-muted hover:text-text" onClick={() => setOpen(true)}>
          {message.content}
        </button>
      )}
      {message.tool_calls.map((call, index) => (
        <Call key={call.id || index} call={call} step={call.id ? stepOfCall?.(call.id) : undefined} onSelect={onSelect} />
      ))}
      {!message.content && !message.tool_calls.length && !message.parts.length ? <p className="text-xs text-faint">empty message</p> : null}
    </article>
  );
}

function StepLink({ onClick }: { onClick: () => void }) {
  return (
    <button type="button" className="inline-flex items-center rounded text-2xs link" onClick={onClick}>
      go to step <ChevronRight className="size-3" aria-hidden />
    </button>
  );
}

/** A tool the model asked for. */
function Call({ call, step, onSelect }: { call: ToolCall; step: string | undefined; onSelect: ChatProps["onSelect"] }) {
  const parsed = parseJson(call.arguments);
  return (
    <div className="mt-1.5 overflow-hidden rounded-lg border border-line bg-sunken">
      <div className="flex h-7 items-center gap-1.5 px-2.5 text-xs">
        <Wrench className="size-3.5" style={{ color: "var(--kind-tool)" }} aria-hidden />
        <span className="font-mono font-medium">{call.name || "unnamed tool"}</span>
        {step && onSelect ? <StepLink onClick={() => onSelect(step)} /> : null}
        <CopyButton text={call.arguments} label="Copy arguments" className="ml-auto" />
      </div>
      {call.arguments && call.arguments !== "{}" ? (
        <div className="border-t border-line px-2.5 py-1.5 pl-6">
          {parsed ? (
            <JsonBlock value={parsed} label="Arguments" open={1} />
          ) : (
            <>
              <Badge tone="warn">not valid JSON</Badge>
              <pre className="mt-1 font-mono text-xs whitespace-pre-wrap">{call.arguments}</pre>
            </>
          )}
        </div>
      ) : null}
    </div>
  );
}

function Part({ part }: { part: MessagePart }) {
  const { text } = part;
  if (part.type === "reasoning")
    return (
      <details className="mb-1.5 rounded-lg bg-hover px-2.5 py-1.5">
        <summary className="flex cursor-pointer items-center gap-1.5 text-xs text-muted">
          <Lightbulb className="size-3.5" aria-hidden /> Reasoning
        </summary>
        <div className="mt-1.5 text-muted">
          <Prose text={text} />
        </div>
      </details>
    );
  const Icon = part.type === "image" ? Image : FileText;
  const where = part.uri.startsWith("data:") ? `${part.uri.slice(0, 40)}…` : part.uri;
  return (
    <div className={cx("mb-1.5 rounded-lg border border-line px-2.5 py-1.5 text-xs", part.type === "refusal" && "border-bad-mark")}>
      <p className="flex items-center gap-1.5 text-muted">
        <Icon className="size-3.5" aria-hidden /> {part.type}
        {part.mime_type ? <span className="text-faint">{part.mime_type}</span> : null}
        {where ? <span className="truncate font-mono">{where}</span> : null}
      </p>
      {text ? <Prose text={text} /> : null}
    </div>
  );
}
