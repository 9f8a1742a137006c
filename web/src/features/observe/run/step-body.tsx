import { ArrowRight, Bot } from "lucide-react";
import type { Span } from "@/client/types";
import { plural } from "@/ui/format";
import { JsonBlock } from "@/ui/json-block";
import { ContentView } from "./content";
import { Part } from "./panel";

interface StepBodyProps {
  span: Span;
  stepOfCall: (callId: string) => string | undefined;
  onSelect: (spanId: string) => void;
}

/** What a step did, drawn after its kind. */
export function StepBody({ span, stepOfCall, onSelect }: StepBodyProps) {
  const shared = { stepOfCall, onSelect };
  if (span.kind === "llm")
    return (
      <>
        {span.input?.format === "messages" ? (
          <Part title={`Given (${plural(span.input.messages?.length ?? 0, "message")})`}>
            <ContentView content={span.input} none="" keep={4} {...shared} />
          </Part>
        ) : (
          <Part title="Given">
            <ContentView content={span.input} none="What the model was given was not recorded." {...shared} />
          </Part>
        )}
        <Part title="Answered">
          <ContentView content={span.output} none={span.status === "error" ? "No answer." : "What the model answered was not recorded."} {...shared} />
        </Part>
        <OfferedTools tools={span.tool_definitions} />
      </>
    );
  const tool = span.kind === "tool" || span.kind === "mcp";
  return (
    <>
      {span.handoff_to ? <HandoffLine from={span.agent} to={span.handoff_to} /> : null}
      <Part title={tool ? "Arguments" : "Input"}>
        <ContentView label={tool ? "Arguments" : "Input"} content={span.input} none={tool ? "No arguments were recorded." : "No input was recorded."} {...shared} />
      </Part>
      <Part title={tool ? "Result" : "Output"}>
        <ContentView label={tool ? "Result" : "Output"} content={span.output} none={tool ? "No result was recorded." : "No output was recorded."} {...shared} />
      </Part>
    </>
  );
}

function HandoffLine({ from, to }: { from: string | null; to: string }) {
  const box = (name: string) => (
    <span className="inline-flex h-7 items-center gap-1.5 rounded-md border border-line-strong px-2 text-xs font-medium">
      <Bot className="size-3.5" style={{ color: "var(--kind-agent)" }} aria-hidden /> {name}
    </span>
  );
  return (
    <p className="flex items-center gap-2" aria-label={`${from ?? "An agent"} hands over to ${to}`}>
      {box(from ?? "unnamed agent")}
      <ArrowRight className="size-4" style={{ color: "var(--kind-handoff)" }} aria-hidden />
      {box(to)}
    </p>
  );
}

/** A tool as offered: some conventions wrap it in `function`. */
interface Definition {
  name?: string;
  function?: { name?: string };
}

/** The tools the model could have used, folded: which were there matters when the wrong one was taken. */
function OfferedTools({ tools }: { tools: unknown }) {
  if (!Array.isArray(tools) || tools.length === 0) return null;
  const definitions = tools as Definition[];
  const nameOf = (each: Definition) => each.name ?? each.function?.name ?? "unnamed";
  return (
    <details className="rounded-lg border border-line">
      <summary className="cursor-pointer px-3 py-2 text-xs text-muted">
        Offered {tools.length} {tools.length === 1 ? "tool" : "tools"}: <span className="font-mono text-2xs">{definitions.map(nameOf).join(", ").slice(0, 160)}</span>
      </summary>
      <JsonBlock value={definitions} label="Offered tools" open={1} className="border-t border-line px-3 py-2 pl-6" />
    </details>
  );
}
