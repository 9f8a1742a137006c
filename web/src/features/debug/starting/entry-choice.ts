/** How the agent is to be started, as it is chosen in a dialog. */
import type { EntryPoint, EntryPointView, Via } from "../types";

export const USUAL: EntryPoint = { via: "command", command: "", callable: "", python: "", folder: "", url: "", body: '{"input": "{input}"}', answer_field: "", timeout_s: 120 };

export const VIAS: readonly { value: Via; label: string }[] = [
  { value: "command", label: "A command" },
  { value: "callable", label: "A Python function" },
  { value: "url", label: "An HTTP endpoint" },
];

/** What is missing before it could be started; "" where nothing is. */
export function lacking(entry: EntryPoint): string {
  if (entry.via === "command") return entry.command.trim() ? "" : "the command that starts the agent";
  if (entry.via === "callable") return /^[\w.]+:[\w.]+$/.test(entry.callable.trim()) ? "" : "the function, as module:function";
  return /^https?:\/\/\S+$/.test(entry.url.trim()) ? "" : "the address, beginning with http:// or https://";
}

/** In one line: "python agent.py", "app:answer", "http://127.0.0.1:9000/ask". */
export function wordsOf(entry: EntryPoint): string {
  return entry.via === "command" ? entry.command : entry.via === "callable" ? entry.callable : entry.url;
}

/** What is registered, as it is sent back. */
export function asBody(view: EntryPointView): EntryPoint {
  const { command, callable, python, folder, url, answer_field } = view;
  return { ...view, command: command ?? "", callable: callable ?? "", python: python ?? "", folder: folder ?? "", url: url ?? "", answer_field: answer_field ?? "" };
}
