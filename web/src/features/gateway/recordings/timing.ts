import type { Exchange } from "./queries";

/** A piece of a bar; left and width are shares of the whole, in [0, 1]. */
export interface Piece {
  left: number;
  width: number;
  look: "waiting" | "answering" | "failed" | "queued";
  title: string;
}

const LEAST = 0.004;

/** From the first call's begin to the last one's end, in ms since the first. */
export function spanOf(exchanges: readonly Exchange[]): { beginMs: number; lengthMs: number } {
  if (!exchanges.length) return { beginMs: 0, lengthMs: 0 };
  const begins = exchanges.map((each) => Date.parse(each.started_at));
  const beginMs = Math.min(...begins);
  const endMs = Math.max(...exchanges.map((each, at) => (begins[at] ?? 0) + each.elapsed_ms));
  return { beginMs, lengthMs: Math.max(endMs - beginMs, 1) };
}

/** What a call spent its time on: tries that failed, waiting for the first byte, the answer coming in. */
export function pieces(exchange: Exchange, beginMs: number, lengthMs: number): Piece[] {
  const start = Date.parse(exchange.started_at) - beginMs;
  const piece = (fromMs: number, toMs: number, look: Piece["look"], title: string): Piece => ({
    left: Math.max(0, Math.min(1, (start + fromMs) / lengthMs)),
    width: Math.max(LEAST, Math.min(1, Math.max(0, toMs - fromMs) / lengthMs)),
    look,
    title,
  });
  const found: Piece[] = [];
  const failed = exchange.attempts.filter((attempt) => attempt.failure);
  for (const attempt of failed)
    found.push(piece(attempt.after_ms, attempt.after_ms + attempt.elapsed_ms, "failed", `${attempt.upstream}: ${attempt.failure ?? ""}`));
  const answered = exchange.attempts.find((attempt) => !attempt.failure);
  if (!answered && failed.length) return found;
  const from = answered?.after_ms ?? 0;
  if (!failed.length && from > 1) found.push(piece(0, from, "queued", "waited in the queue"));
  const first = exchange.first_byte_ms ?? exchange.elapsed_ms;
  found.push(piece(from, Math.max(from, first), "waiting", "until the first byte"));
  if (exchange.elapsed_ms > first) found.push(piece(first, exchange.elapsed_ms, "answering", "the answer came in"));
  return found;
}

export interface Gap {
  atMs: number;
  lengthMs: number;
}

/** The longest silence between two chunks. */
export function longestGap(chunks: readonly { at_ms: number }[]): Gap | undefined {
  let longest: Gap | undefined;
  for (let at = 1; at < chunks.length; at += 1) {
    const from = chunks[at - 1]?.at_ms ?? 0;
    const lengthMs = (chunks[at]?.at_ms ?? 0) - from;
    if (!longest || lengthMs > longest.lengthMs) longest = { atMs: from, lengthMs };
  }
  return longest;
}

/** The texts a stream says, in order, without the JSON they come in. Empty where it is no stream of a model. */
export function spoken(body: string): string {
  const said: string[] = [];
  for (const line of body.split("\n")) {
    if (!line.startsWith("data:")) continue;
    let event: unknown;
    try {
      event = JSON.parse(line.slice(5));
    } catch {
      continue; // [DONE], or cut off
    }
    collect(event, said);
  }
  return said.join("");
}

const SAYING = new Set(["content", "text", "delta", "arguments", "partial_json", "thinking", "reasoning_content", "refusal"]);
const ONCE_MORE = new Set(["response.completed", "response.output_text.done", "response.content_part.done", "response.output_item.done", "response.function_call_arguments.done"]);

function collect(value: unknown, said: string[]): void {
  if (Array.isArray(value)) for (const each of value) collect(each, said);
  else if (value && typeof value === "object") {
    const type = (value as { type?: unknown }).type;
    // These say again, as a whole, what came in pieces.
    if (typeof type === "string" && ONCE_MORE.has(type)) return;
    for (const [key, inner] of Object.entries(value)) {
      if (typeof inner === "string") {
        if (SAYING.has(key)) said.push(inner);
      } else collect(inner, said);
    }
  }
}
