/** What a recorded answer said, so that it can be changed: a model's words, a tool's result. */

export type Node = Record<string, unknown>;

export const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);
export const listOf = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The JSON values of a body: one, or those of a stream's events. */
export function valuesOf(body: string): Node[] {
  const whole = parsed(body);
  if (isNode(whole)) return [whole];
  if (Array.isArray(whole)) return listOf(whole);
  return body
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => parsed(line.slice(5)))
    .filter(isNode);
}

/** The words of a model's answer, in any of the gateway's dialects; "" where it said none. */
export function wordsOf(body: string): string {
  return valuesOf(body).map(wordsIn).join("");
}

function wordsIn(value: Node): string {
  // Chat completions, whole or in pieces.
  if (Array.isArray(value.choices)) {
    const choice = listOf(value.choices)[0];
    const message = choice?.message ?? choice?.delta;
    return isNode(message) ? contentWords(message.content) : "";
  }
  // Messages: whole, or an event of the stream.
  if (value.type === "content_block_delta" && isNode(value.delta)) return textOf(value.delta.text);
  if (value.type === "message") return contentWords(value.content);
  // Responses: an event, or the whole.
  if (value.type === "response.output_text.delta") return textOf(value.delta);
  if (value.object === "response") return listOf(value.output).map((each) => contentWords(each.content)).join("");
  // Gemini.
  if (Array.isArray(value.candidates)) {
    const content = listOf(value.candidates)[0]?.content;
    return isNode(content) ? listOf(content.parts).map((part) => textOf(part.text)).join("") : "";
  }
  return "";
}

const contentWords = (content: unknown): string => (typeof content === "string" ? content : listOf(content).map((part) => textOf(part.text)).join(""));

/** The result of a tool as JSON or plain text, out of MCP's envelope. */
export function resultOf(body: string): string {
  for (const value of valuesOf(body)) {
    const result = value.result;
    if (!isNode(result)) continue;
    if (isNode(result.structuredContent)) return JSON.stringify(result.structuredContent, null, 2);
    const text = listOf(result.content).map((part) => textOf(part.text)).join("\n");
    if (text) return pretty(text);
    return JSON.stringify(result, null, 2);
  }
  return pretty(body);
}

function pretty(text: string): string {
  const value = parsed(text);
  return value !== null && typeof value === "object" ? JSON.stringify(value, null, 2) : text;
}
