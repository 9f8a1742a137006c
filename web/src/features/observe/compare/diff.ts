/** Which words two texts share: the longest common run of words (Myers would be faster; texts here are short). */

export interface Piece {
  text: string;
  same: boolean;
}

/** Above this product of lengths the whole middle is marked as different, so that the page stays quick. */
const MOST_CELLS = 2_000_000;

export function diffWords(left: string, right: string): { left: Piece[]; right: Piece[] } {
  if (left === right) return { left: piecesOf([[left, true]]), right: piecesOf([[right, true]]) };
  const a = left.match(/\s+|[\w.-]+|[^\w\s]/g) ?? [];
  const b = right.match(/\s+|[\w.-]+|[^\w\s]/g) ?? [];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const [sharedA, sharedB] = shared(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  const mark = (words: readonly string[], middle: readonly boolean[]) =>
    piecesOf(words.map((word, index) => [word, index < head || index >= words.length - tail || (middle[index - head] ?? false)]));
  return { left: mark(a, sharedA), right: mark(b, sharedB) };
}

/** For each word of both, whether it belongs to the longest common subsequence. */
function shared(a: readonly string[], b: readonly string[]): [boolean[], boolean[]] {
  const inA = a.map(() => false);
  const inB = b.map(() => false);
  if (a.length * b.length > MOST_CELLS) return [inA, inB];
  const width = b.length + 1;
  const best = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => best[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1) best[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      inA[i] = inB[j] = true;
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return [inA, inB];
}

function piecesOf(words: readonly (readonly [string, boolean])[]): Piece[] {
  const pieces: Piece[] = [];
  for (const [text, same] of words) {
    const last = pieces.at(-1);
    if (last?.same === same) last.text += text;
    else if (text) pieces.push({ text, same });
  }
  return pieces;
}
