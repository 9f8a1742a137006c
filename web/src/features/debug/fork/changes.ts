/** What may be changed at a step of a fork, and what that takes. */
import type { After, Change, ChangeKind, TapeStep } from "../types";
import { parsed } from "./prefill";

export interface ChangeChoice {
  value: ChangeKind;
  label: string;
  hint: string;
}

const CHOICES: Record<ChangeKind, Omit<ChangeChoice, "value">> = {
  answer: { label: "What the model answers", hint: "In place of its recorded words, and of the tools it calls" },
  result: { label: "What the tool returns", hint: "JSON or plain text, in place of the recorded result" },
  error: { label: "An error instead", hint: "The call fails with this message" },
  model: { label: "Another model", hint: "It is asked for real, with what the agent asks" },
  prompt: { label: "The system prompt", hint: "All of it, or a part; the model is asked for real with it" },
  parameters: { label: "Parameters of the request", hint: 'An object of JSON like {"temperature": 0}; the model is asked for real' },
  forbid: { label: "Forbid a tool", hint: "From this step on it is refused, as a policy would" },
};

const OF_MODEL: readonly ChangeKind[] = ["answer", "error", "model", "prompt", "parameters", "forbid"];
const OF_TOOL: readonly ChangeKind[] = ["result", "error", "forbid"];

export const choicesOf = (step: Pick<TapeStep, "kind"> | undefined): ChangeChoice[] => (step?.kind === "tool" ? OF_TOOL : OF_MODEL).map((value) => ({ value, ...CHOICES[value] }));

/** Kinds at which the model is asked for real, at the step itself. */
export const ASKS: ReadonlySet<ChangeKind> = new Set(["model", "prompt", "parameters"]);

/** What is said of a change, beside its step and kind. */
export type ChangeDraft = Pick<Change, "text" | "find" | "code" | "tool_calls" | "onwards">;

export const NO_CHANGE: ChangeDraft = { text: "", find: "", code: "", tool_calls: "", onwards: false };

/** Only what belongs to its kind: what was typed for another is left behind. */
export function changeOf(step: number, kind: ChangeKind, draft: ChangeDraft): Change {
  return {
    step,
    kind,
    text: draft.text,
    find: kind === "prompt" ? draft.find : "",
    code: kind === "error" ? draft.code : "",
    tool_calls: kind === "answer" ? draft.tool_calls.trim() : "",
    onwards: kind === "forbid" || (ASKS.has(kind) && draft.onwards),
  };
}

/** Why this change cannot be made yet; "" where it can. `prompt` is the recorded one, where it is known. */
export function wrongWith({ kind, text, find, tool_calls: calls }: Pick<Change, "kind" | "text" | "find" | "tool_calls">, prompt = ""): string {
  if (kind === "error") return "";
  if (kind === "prompt" && find) return prompt && !prompt.includes(find) ? "The recorded prompt does not hold that part" : "";
  if (kind === "answer" && calls) return wrongCalls(calls);
  if (!text.trim()) return kind === "answer" ? "Say what it answers, or which tools it calls" : "Say what it is to be";
  if (kind !== "parameters") return "";
  const value = parsed(text);
  if (value === undefined) return "This is not JSON";
  return typeof value === "object" && value !== null && !Array.isArray(value) ? "" : "Expected an object of JSON";
}

function wrongCalls(text: string): string {
  const value = parsed(text);
  if (value === undefined) return "The calls are not JSON";
  const named = (one: unknown) => typeof one === "object" && one !== null && typeof (one as Record<string, unknown>).name === "string";
  return Array.isArray(value) && value.length > 0 && value.every(named) ? "" : 'Expected a list like [{"name": "add", "arguments": {"a": 1}}]';
}

/** What a fork does to the world, in words: who is really asked, and paid. */
export function warningsOf(after: After, change: Pick<Change, "kind"> | undefined, tools: readonly string[]): string[] {
  const said: string[] = [];
  if (change && ASKS.has(change.kind)) said.push("At the step itself the model is really asked, and paid.");
  if (after === "mixed") said.push("Where the agent asks a model something that was not recorded, the model is really asked, and paid.");
  if (after === "live") said.push("Every call to a model after the step is really made, and paid.");
  if (after !== "recorded") said.push(tools.length ? `${tools.join(", ")} will really be called: what it writes, sends or pays is real.` : "No tool is really called: one that was not recorded gets an error.");
  return said;
}

export const AFTERS: readonly { value: After; label: string; what: string }[] = [
  { value: "recorded", label: "From the recording alone", what: "Nothing is really called. What was never recorded gets an error." },
  { value: "mixed", label: "From the recording, the rest for real", what: "A call that was recorded gets its recording; models are asked what is new." },
  { value: "live", label: "For real", what: "Models are asked anew from this step on." },
];

/** Codes an error may carry, as the gateway words them. */
export const CODES = ["upstream_error", "timeout", "unreachable", "rate_limited", "overloaded", "not_found", "not_allowed", "invalid_answer", "contract_broken", "budget_exhausted"] as const;
