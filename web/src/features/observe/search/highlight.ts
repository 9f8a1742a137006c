export interface HighlightPiece {
  text: string;
  hit: boolean;
}

/** A word as the server's full text has it: letters and digits of ASCII, and anything beyond ASCII. */
const WORD = "[0-9A-Za-z\\u0080-\\u{10ffff}]";
/** Thai, Lao, Burmese, Khmer, Japanese, Chinese: written without spaces, so parts of words count. */
const NO_SPACES = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]/u;

/** Cuts a text where the words that were searched for stand in it, without regard to case. */
export function highlight(text: string, words: string): HighlightPiece[] {
  const wanted = words.match(new RegExp(`${WORD}+`, "gu")) ?? [];
  if (wanted.length === 0) return [{ text, hit: false }];
  const whole = wanted.map((word) => (NO_SPACES.test(word) ? word : `(?<!${WORD})${word}(?!${WORD})`));
  return text
    .split(new RegExp(`(${whole.join("|")})`, "giu"))
    .map((piece, index) => ({ text: piece, hit: index % 2 === 1 }))
    .filter((piece) => piece.text !== "");
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
