import type { ChangeView } from "../types";

type Shown = Pick<ChangeView, "step" | "kind" | "text" | "find" | "tool_calls" | "onwards">;

const WHAT: Record<ChangeView["kind"], (text: string) => string> = {
  answer: (text) => `the model answers ${shown(text)}`,
  result: (text) => `the tool returns ${shown(text)}`,
  error: (text) => `the call fails${text ? `: ${shown(text)}` : ""}`,
  model: (text) => `the model ${text} is asked`,
  prompt: (text) => `the system prompt is ${shown(text)}`,
  parameters: (text) => `the request has ${shown(text)}`,
  forbid: (text) => `the tool ${text} is refused`,
};

/** A change within a sentence: "at step 4 the tool returns “…”". */
export function changePhrase(change: Shown): string {
  const { step, onwards } = change;
  return `${onwards ? "from" : "at"} step ${step}${onwards ? " on" : ""} ${whatOf(change)}`;
}

/** A change as a sentence of its own. */
export function changeWords(change: Shown): string {
  const phrase = changePhrase(change);
  return `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`;
}

function whatOf({ kind, text, find, tool_calls: calls }: Shown): string {
  if (kind === "prompt" && find) return text ? `${shown(find)} in the prompt becomes ${shown(text)}` : `${shown(find)} is cut out of the prompt`;
  if (kind === "answer" && calls) return `the model calls ${shown(calls)}${text ? ` and says ${shown(text)}` : ""}`;
  return WHAT[kind](text);
}

function shown(text: string): string {
  const flat = text.replace(/\s+/g, " ").trim();
  return `“${flat.length > 160 ? `${flat.slice(0, 160)}…` : flat}”`;
}
