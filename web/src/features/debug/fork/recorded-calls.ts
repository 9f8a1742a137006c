/** What else a recorded call said, so that it can be changed: the tools a model asked for, the prompt it was given. */
import { isNode, listOf, parsed, textOf, valuesOf, type Node } from "./prefill";

interface Asked {
  name: string;
  arguments: string;
}

/** The tools a model's answer calls, as the JSON a change takes; "" where it calls none. */
export function callsOf(body: string): string {
  const values = valuesOf(body);
  const whole = values.flatMap(wholeCalls);
  const calls = whole.length ? whole : streamedCalls(values);
  if (!calls.length) return "";
  return JSON.stringify(
    calls.map(({ name, arguments: given }) => ({ name, arguments: parsed(given) ?? {} })),
    null,
    2,
  );
}

const asked = (name: unknown, given: unknown): Asked[] => (typeof name === "string" && name ? [{ name, arguments: typeof given === "string" ? given : JSON.stringify(given ?? {}) }] : []);

function wholeCalls(value: Node): Asked[] {
  const message = listOf(value.choices)[0]?.message;
  if (isNode(message)) return listOf(message.tool_calls).flatMap(({ function: called }) => (isNode(called) ? asked(called.name, called.arguments) : []));
  if (value.type === "message") return listOf(value.content).flatMap((part) => (part.type === "tool_use" ? asked(part.name, part.input) : []));
  const items = value.object === "response" ? listOf(value.output) : value.type === "response.output_item.done" && isNode(value.item) ? [value.item] : [];
  if (items.length) return items.flatMap((item) => (item.type === "function_call" ? asked(item.name, item.arguments) : []));
  const content = listOf(value.candidates)[0]?.content;
  return isNode(content) ? listOf(content.parts).flatMap(({ functionCall: called }) => (isNode(called) ? asked(called.name, called.args) : [])) : [];
}

/** Of streams that bring the arguments in pieces: chat completions, messages. */
function streamedCalls(values: readonly Node[]): Asked[] {
  const calls = new Map<number, Asked>();
  const add = (index: unknown, name: unknown, piece: unknown) => {
    const at = typeof index === "number" ? index : 0;
    const before = calls.get(at) ?? { name: "", arguments: "" };
    calls.set(at, { name: before.name || textOf(name), arguments: before.arguments + textOf(piece) });
  };
  for (const value of values) {
    const delta = listOf(value.choices)[0]?.delta;
    if (isNode(delta)) for (const { index, function: called } of listOf(delta.tool_calls)) if (isNode(called)) add(index, called.name, called.arguments);
    if (value.type === "content_block_start" && isNode(value.content_block) && value.content_block.type === "tool_use") add(value.index, value.content_block.name, "");
    if (value.type === "content_block_delta" && isNode(value.delta) && value.delta.type === "input_json_delta") add(value.index, "", value.delta.partial_json);
  }
  return [...calls.values()].filter(({ name }) => name);
}

const wordsIn = (content: unknown): string =>
  typeof content === "string"
    ? content
    : listOf(content)
        .map((part) => textOf(part.text))
        .join("\n");

/** The system prompt of a recorded request, in any of the gateway's dialects; "" where it has none. */
export function promptOf(body: string): string {
  const request = valuesOf(body)[0];
  if (!request) return "";
  const given = request.system ?? request.instructions;
  if (given !== undefined) return wordsIn(given);
  const gemini = request.systemInstruction ?? request.system_instruction;
  if (isNode(gemini)) return wordsIn(gemini.parts);
  const said = [...listOf(request.messages), ...listOf(request.input)].filter(({ role }) => role === "system" || role === "developer");
  return said.map(({ content }) => wordsIn(content)).join("\n");
}
