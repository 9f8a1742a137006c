/**
 * Finds a quoted excerpt in text that is drawn: folded JSON, chat, prose. What is drawn differs from what was
 * stored in spaces, quotes, escapes and marks of Markdown, so only letters and digits are compared.
 */

const KEPT = /[\p{L}\p{N}]/u;

export interface Squeezed {
  text: string;
  /** Of each character of `text`, where it stood. */
  places: number[];
}

/** The letters and digits of a text, lower case, and where they stood. */
export function squeeze(text: string): Squeezed {
  const kept: string[] = [];
  const places: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const each = text.charAt(at);
    if (!KEPT.test(each)) continue;
    const lower = each.toLowerCase();
    kept.push(lower.length === 1 ? lower : each);
    places.push(at);
  }
  return { text: kept.join(""), places };
}

/** An excerpt as stored may hold escapes of JSON, of which nothing is drawn: "\n", "\u2019". */
export function unescaped(excerpt: string): string {
  return excerpt.replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16))).replace(/\\[nrtbf]/g, " ");
}

/** Where an excerpt stands in a text that is drawn: [start, end), or undefined. */
export function locate(drawn: Squeezed, excerpt: string): [number, number] | undefined {
  // Cut at its ends by the server, or by a reader that shows only the beginning: an ellipsis is no part of it.
  for (const words of [excerpt, unescaped(excerpt)]) {
    const wanted = squeeze(words.replace(/^…|…$/g, "")).text;
    if (!wanted) continue;
    const at = drawn.text.indexOf(wanted);
    if (at < 0) continue;
    const [first, last] = [drawn.places[at], drawn.places[at + wanted.length - 1]];
    if (first !== undefined && last !== undefined) return [first, last + 1];
  }
  return undefined;
}
