import { CodeEditor } from "@/ui/code/code";
import { Input, inputClass, Labelled, Select } from "@/ui/form";
import { ASKS, CODES, type ChangeDraft } from "../fork/changes";
import type { ChangeKind } from "../types";

interface ChangeEditorProps {
  kind: ChangeKind;
  draft: ChangeDraft;
  onDraft: (next: Partial<ChangeDraft>) => void;
  /** What was recorded is still on its way. */
  waiting: boolean;
  tools: readonly string[];
  wrong: string;
  /** Whether it may hold for every later call, too. */
  mayHold?: boolean;
}

/** The one thing that is different at the step. */
export function ChangeEditor({ kind, draft, onDraft, waiting, tools, wrong, mayHold = true }: ChangeEditorProps) {
  if (waiting) return <div className="skeleton h-32" role="status" aria-label="Reading what was recorded" />;
  return (
    <div className="flex flex-col gap-3">
      <Fields kind={kind} draft={draft} onDraft={onDraft} tools={tools} />
      {wrong ? (
        <p role="alert" className="text-xs text-bad">
          {wrong}
        </p>
      ) : null}
      {mayHold && ASKS.has(kind) ? (
        <label className="flex min-h-6 items-center gap-1.5 text-xs">
          <input type="checkbox" className="accent-(--accent)" checked={draft.onwards} onChange={(event) => onDraft({ onwards: event.target.checked })} /> in every call to a model from this step on
        </label>
      ) : null}
    </div>
  );
}

function Fields({ kind, draft, onDraft, tools }: Pick<ChangeEditorProps, "kind" | "draft" | "onDraft" | "tools">) {
  const { text, find, code, tool_calls: calls } = draft;
  const onText = (next: string) => onDraft({ text: next });
  if (kind === "result") return <Json title="Result" label="Result of the tool" text={text} rows={8} onText={onText} />;
  if (kind === "parameters") return <Json title="Parameters" label="Parameters of the request" text={text} rows={4} placeholder='{"temperature": 0}' onText={onText} />;
  if (kind === "answer")
    return (
      <>
        <Words label="What it says" text={text} onText={onText} rows={calls ? "h-16" : "h-32"} />
        <Json title="Tools it calls" label="Tools it calls" text={calls} rows={5} placeholder='None. Or: [{"name": "add", "arguments": {"a": 1}}]' onText={(next) => onDraft({ tool_calls: next })} />
      </>
    );
  if (kind === "prompt")
    return (
      <>
        <Labelled label="Only this part of it" hint="Left out: the whole prompt is replaced">
          {(id) => <Input id={id} value={find} placeholder="words of the recorded prompt" onChange={(event) => onDraft({ find: event.target.value })} />}
        </Labelled>
        <Words label={find ? "becomes (empty: it is cut out)" : "System prompt"} text={text} onText={onText} rows="h-32" />
      </>
    );
  if (kind === "error")
    return (
      <>
        <Words label="Message" text={text} onText={onText} rows="h-16" />
        <Labelled label="As which failure">
          {(id) => <Select id={id} label="As which failure" value={code} choices={CODES.map((value) => ({ value, label: value.replaceAll("_", " ") }))} onChange={(next) => onDraft({ code: next })} />}
        </Labelled>
      </>
    );
  return (
    <Labelled label={kind === "model" ? "Model" : "Tool"} hint={kind === "forbid" && tools.length ? `It called ${tools.join(", ")}` : undefined}>
      {(id) => <Input id={id} className="font-mono" value={text} placeholder={kind === "model" ? "a model of the gateway's routes" : "connector.tool"} onChange={(event) => onText(event.target.value)} />}
    </Labelled>
  );
}

function Words({ label, text, onText, rows }: { label: string; text: string; onText: (text: string) => void; rows: string }) {
  return <Labelled label={label}>{(id) => <textarea id={id} className={`${inputClass} ${rows} resize-y py-1.5`} value={text} onChange={(event) => onText(event.target.value)} />}</Labelled>;
}

function Json({ title, label, text, rows, placeholder = "", onText }: { title: string; label: string; text: string; rows: number; placeholder?: string; onText: (text: string) => void }) {
  return (
    <div className="flex flex-col gap-1">
      <p className="text-xs font-medium">{title}</p>
      <CodeEditor text={text} language="json" label={label} rows={rows} maxHeight="16rem" placeholder={placeholder} onChange={onText} />
    </div>
  );
}
