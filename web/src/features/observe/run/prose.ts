/** The little of Markdown that models write everywhere, as data; drawing it is the component's work. */

export type Inline = { kind: "text" | "bold" | "code"; text: string };
export type Block = { kind: "code"; language: string; text: string } | { kind: "text"; inlines: Inline[] };

const FENCE = /^```([^\n`]*)\n([\s\S]*?)(?:\n```[ \t]*$|$(?![\s\S]))/gm;
const INLINE = /\*\*([^\n]+?)\*\*|`([^`\n]+)`/g;

/** Splits text into code blocks and prose; nothing is lost, and no HTML is ever made of it. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let at = 0;
  const prose = (piece: string) => {
    const trimmed = piece.replace(/^\n+|\n+$/g, "");
    if (trimmed) blocks.push({ kind: "text", inlines: inlinesOf(trimmed) });
  };
  for (const found of text.matchAll(FENCE)) {
    prose(text.slice(at, found.index));
    blocks.push({ kind: "code", language: (found[1] ?? "").trim(), text: found[2] ?? "" });
    at = found.index + found[0].length;
  }
  prose(text.slice(at));
  return blocks;
}

function inlinesOf(text: string): Inline[] {
  const parts: Inline[] = [];
  let at = 0;
  for (const found of text.matchAll(INLINE)) {
    if (found.index > at) parts.push({ kind: "text", text: text.slice(at, found.index) });
    if (found[1] !== undefined) parts.push({ kind: "bold", text: found[1] });
    else parts.push({ kind: "code", text: found[2] ?? "" });
    at = found.index + found[0].length;
  }
  if (at < text.length) parts.push({ kind: "text", text: text.slice(at) });
  return parts;
}
