import { CodeEditor } from "@/ui/code/code";
import { Input, inputClass, Labelled, Select } from "@/ui/form";
import { ASKS, CODES } from "../fork/changes";
import type { ChangeKind } from "../types";

interface ChangeEditorProps {
  kind: ChangeKind;
  text: string;
  /** What was recorded is still on its way. */
  waiting: boolean;
  onText: (text: string) => void;
  code: string;
  onCode: (code: string) => void;
  onwards: boolean;
  onOnwards: (onwards: boolean) => void;
  tools: readonly string[];
  wrong: string;
}

/** The one thing that is different at the step. */
export function ChangeEditor({ kind, text, waiting, onText, code, onCode, onwards, onOnwards, tools, wrong }: ChangeEditorProps) {
  const fault = wrong ? (
    <p role="alert" className="text-xs text-bad">
      {wrong}
    </p>
  ) : null;
  if (waiting) return <div className="skeleton h-32" role="status" aria-label="Reading what was recorded" />;
  if (kind === "result" || kind === "parameters")
    return (
      <div className="flex flex-col gap-1">
        <p className="text-xs font-medium">{kind === "result" ? "Result" : "Parameters"}</p>
        <CodeEditor text={text} language="json" label={kind === "result" ? "Result of the tool" : "Parameters of the request"} rows={kind === "result" ? 8 : 4} maxHeight="16rem" placeholder={kind === "parameters" ? '{"temperature": 0}' : ""} onChange={onText} />
        {fault}
        {kind === "parameters" ? <Onwards onwards={onwards} onOnwards={onOnwards} /> : null}
      </div>
    );
  return (
    <div className="flex flex-col gap-2">
      {kind === "answer" || kind === "prompt" || kind === "error" ? (
        <Labelled label={kind === "answer" ? "Answer" : kind === "prompt" ? "System prompt" : "Message"}>
          {(id) => <textarea id={id} className={`${inputClass} h-32 resize-y py-1.5`} value={text} onChange={(event) => onText(event.target.value)} />}
        </Labelled>
      ) : (
        <Labelled label={kind === "model" ? "Model" : "Tool"} hint={kind === "forbid" && tools.length ? `It called ${tools.join(", ")}` : undefined}>
          {(id) => <Input id={id} className="font-mono" value={text} placeholder={kind === "model" ? "a model of the gateway's routes" : "connector.tool"} onChange={(event) => onText(event.target.value)} />}
        </Labelled>
      )}
      {kind === "error" ? (
        <Labelled label="As which failure">
          {(id) => <Select id={id} label="As which failure" value={code} choices={CODES.map((value) => ({ value, label: value.replaceAll("_", " ") }))} onChange={onCode} />}
        </Labelled>
      ) : null}
      {fault}
      {ASKS.has(kind) ? <Onwards onwards={onwards} onOnwards={onOnwards} /> : null}
    </div>
  );
}

function Onwards({ onwards, onOnwards }: { onwards: boolean; onOnwards: (onwards: boolean) => void }) {
  return (
    <label className="flex min-h-6 items-center gap-1.5 text-xs">
      <input type="checkbox" className="accent-(--accent)" checked={onwards} onChange={(event) => onOnwards(event.target.checked)} /> in every call to a model from this step on
    </label>
  );
}
