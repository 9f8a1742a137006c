import type { ChangeView } from "../types";

const WHAT: Record<ChangeView["kind"], (text: string) => string> = {
  answer: (text) => `the model answers ${shown(text)}`,
  result: (text) => `the tool returns ${shown(text)}`,
  error: (text) => `the call fails${text ? `: ${shown(text)}` : ""}`,
  model: (text) => `the model ${text} is asked`,
  prompt: (text) => `the system prompt is ${shown(text)}`,
  parameters: (text) => `the request has ${shown(text)}`,
  forbid: (text) => `the tool ${text} is refused`,
};

/** A change as a sentence: "At step 4 the tool returns “…”." */
export function changeWords({ step, kind, text, onwards }: Pick<ChangeView, "step" | "kind" | "text" | "onwards">): string {
  return `${onwards ? "From" : "At"} step ${step}${onwards ? " on" : ""} ${WHAT[kind](text)}.`;
}

function shown(text: string): string {
  const flat = text.replace(/\s+/g, " ").trim();
  return `“${flat.length > 160 ? `${flat.slice(0, 160)}…` : flat}”`;
}
