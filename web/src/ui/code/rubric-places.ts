/** The places in a rubric that are filled in when a judge is asked. */
const KNOWN = new Set(["input", "answer", "tools", "reference", "conversation"]);

export interface Place {
  from: number;
  to: number;
  known: boolean;
}

/** Words in single braces; braces that hold anything else are text, such as JSON. */
export function placesIn(text: string): Place[] {
  return [...text.matchAll(/\{([a-z_]+)\}/g)].map((found) => ({ from: found.index, to: found.index + found[0].length, known: KNOWN.has(found[1] ?? "") }));
}
