export interface HighlightPiece {
  text: string;
  hit: boolean;
}

/** Cuts a text where the words that were searched for stand in it, without regard to case. */
export function highlight(text: string, words: string): HighlightPiece[] {
  const wanted = words.match(/[\p{L}\p{N}_]+/gu) ?? [];
  if (wanted.length === 0) return [{ text, hit: false }];
  const pattern = new RegExp(`(${wanted.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "giu");
  return text
    .split(pattern)
    .map((piece, index) => ({ text: piece, hit: index % 2 === 1 }))
    .filter((piece) => piece.text !== "");
}

/** An excerpt of stored JSON as a person reads it: without escapes and without the wrapping of messages. */
export function readable(excerpt: string): string {
  return excerpt
    .replace(/\\+[nrt]/g, " ")
    .replace(/\\+"/g, '"')
    .replace(/\{?\s*"role":\s*"(\w+)",\s*"content":\s*"/g, "$1: ")
    .replace(/\s+/g, " ");
}

/** Hits of one run that follow each other, together: a conversation repeats itself in every model call. */
export function byRun<T extends { run_id: string | null }>(hits: readonly T[]): T[][] {
  const groups: T[][] = [];
  for (const hit of hits) {
    const last = groups.at(-1);
    if (last && hit.run_id !== null && last[0]?.run_id === hit.run_id) last.push(hit);
    else groups.push([hit]);
  }
  return groups;
}
