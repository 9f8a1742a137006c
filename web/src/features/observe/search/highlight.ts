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
