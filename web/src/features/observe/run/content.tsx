import type { Content } from "@/client/types";
import { JsonBlock } from "@/ui/json-block";
import { Chat } from "./chat";
import { Prose } from "./prose-text";

interface ContentViewProps {
  content: Content | null;
  /** What to say where there is none. */
  none: string;
  stepOfCall?: (callId: string) => string | undefined;
  onSelect?: (spanId: string) => void;
  keep?: number;
  /** Names what it is where it opens in a window of its own. */
  label?: string;
}

/** What went into a step or came out of it, in the shape it has. */
export function ContentView({ content, none, stepOfCall, onSelect, keep, label = "Content" }: ContentViewProps) {
  if (!content) return <p className="text-xs text-faint">{none}</p>;
  if (content.format === "messages")
    return <Chat messages={content.messages ?? []} stepOfCall={stepOfCall} onSelect={onSelect} {...(keep === undefined ? {} : { keep })} />;
  if (content.format === "json" && typeof content.value === "object" && content.value !== null)
    return (
      <JsonBlock value={content.value} label={label} className="rounded-lg border border-line bg-sunken py-2 pr-3 pl-6" />
    );
  const text = content.format === "json" ? (typeof content.value === "string" ? content.value : JSON.stringify(content.value)) : (content.text ?? "");
  return text === "" ? <p className="text-xs text-faint">an empty text</p> : <Prose text={text} />;
}
