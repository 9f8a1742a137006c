import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import type { AlignedStep, Content, Span } from "@/client/types";
import { IconButton } from "@/ui/button";
import { cx } from "@/ui/classes";
import { FailedLine } from "@/ui/states";
import { spanQuery } from "../queries";
import { Part } from "../run/panel";
import { titleOf } from "../run/step-row";
import { diffWords, type Piece } from "./diff";

interface StepDiffProps {
  project: string;
  step: AlignedStep;
  leftRun: string;
  rightRun: string;
  onClose: () => void;
}

/** What one step was given and gave, on both sides, with the words that differ marked. */
export function StepDiff({ project, step, leftRun, rightRun, onClose }: StepDiffProps) {
  const left = useQuery({ ...spanQuery(project, leftRun, step.left?.span_id ?? ""), enabled: step.left !== null });
  const right = useQuery({ ...spanQuery(project, rightRun, step.right?.span_id ?? ""), enabled: step.right !== null });
  const ready = (step.left === null || left.data) && (step.right === null || right.data);
  const input = diffWords(written(left.data?.input), written(right.data?.input));
  const output = diffWords(written(left.data?.output), written(right.data?.output));
  return (
    <div className="relative grid h-full grid-cols-2">
      <IconButton label="Close" keys="esc" className="absolute top-1.5 right-2 z-1 bg-surface" onClick={onClose}>
        <X />
      </IconButton>
      <Side name="Left" span={step.left} runId={leftRun} input={input.left} output={output.left} ready={Boolean(ready)} error={left.error} tone="bg-bad-soft text-bad" />
      <Side name="Right" span={step.right} runId={rightRun} input={input.right} output={output.right} ready={Boolean(ready)} error={right.error} tone="bg-ok-soft text-ok" />
    </div>
  );
}

interface SideProps {
  name: string;
  span: Span | null;
  runId: string;
  input: readonly Piece[];
  output: readonly Piece[];
  ready: boolean;
  error: unknown;
  tone: string;
}

function Side({ name, span, runId, input, output, ready, error, tone }: SideProps) {
  if (!span) return <p className="flex items-center justify-center border-l border-line text-xs text-faint first:border-l-0">There is no such step on this side.</p>;
  return (
    <div className="flex min-w-0 flex-col gap-4 overflow-y-auto border-l border-line p-4 first:border-l-0" tabIndex={0} role="region" aria-label={`${name}: ${titleOf(span)}`}>
      <h2 className="flex items-center gap-2 text-sm font-semibold">
        {titleOf(span)}
        <Link to="/runs/$runId" params={{ runId }} search={{ span: span.span_id }} className="text-xs font-normal link">
          open in its run
        </Link>
      </h2>
      <FailedLine error={error} />
      {span.error ? <p className="rounded-lg bg-bad-soft px-3 py-2 text-xs text-bad">{span.error}</p> : null}
      {ready ? (
        <>
          <Part title="Input">
            <Text pieces={input} tone={tone} />
          </Part>
          <Part title="Output">
            <Text pieces={output} tone={tone} />
          </Part>
        </>
      ) : (
        <div className="skeleton h-24 w-full" role="status" aria-label="Loading" />
      )}
    </div>
  );
}

function Text({ pieces, tone }: { pieces: readonly Piece[]; tone: string }) {
  if (!pieces.length) return <p className="text-xs text-faint">Nothing was recorded.</p>;
  return (
    <p className="font-mono text-xs leading-5 [overflow-wrap:anywhere] whitespace-pre-wrap">
      {pieces.map((piece, index) =>
        piece.same ? (
          <span key={index} className="text-muted">{piece.text}</span>
        ) : (
          <mark key={index} className={cx("rounded-xs", tone)}>{piece.text}</mark>
        ),
      )}
    </p>
  );
}

/** Content as lines of text that can be compared. */
function written(content: Content | null | undefined): string {
  if (!content) return "";
  if (content.format === "text") return content.text ?? "";
  if (content.format === "json") return JSON.stringify(content.value, null, 2);
  return (content.messages ?? [])
    .map((message) => {
      const calls = message.tool_calls.map((call) => `→ ${call.name}(${call.arguments})`);
      return [`[${message.role}${message.name ? ` ${message.name}` : ""}]`, message.content, ...calls].filter(Boolean).join("\n");
    })
    .join("\n\n");
}
