import type { Tree } from "./tree";
import { foldable } from "./tree";

/**
 * Which branches of a tree are folded, as the address holds it: short ids with commas between them, or `all`
 * and, with a minus, the branches that are open nonetheless. Whichever is shorter. Pure, so that it can be tested.
 */

const SHORT = 8;
const ALL = "all";

/** The folded branches; ids that are not in the tree (an old link) are left out. */
export function readFold(text: string | undefined, tree: Tree): ReadonlySet<string> {
  if (!text) return new Set();
  const [first, ...rest] = text.split(",");
  const every = foldable(tree);
  if (first !== ALL) {
    const named = new Set([first, ...rest]);
    return new Set(every.filter((id) => named.has(id) || named.has(id.slice(0, SHORT))));
  }
  const open = new Set(rest.map((each) => each.replace(/^-/, "")));
  return new Set(every.filter((id) => !open.has(id) && !open.has(id.slice(0, SHORT))));
}

/** The same for the address; undefined where nothing is folded. */
export function writeFold(folded: ReadonlySet<string>, tree: Tree): string | undefined {
  const every = foldable(tree);
  const shut = every.filter((id) => folded.has(id));
  if (shut.length === 0) return undefined;
  const starts = new Map<string, number>();
  for (const id of every) starts.set(id.slice(0, SHORT), (starts.get(id.slice(0, SHORT)) ?? 0) + 1);
  const name = (id: string) => (starts.get(id.slice(0, SHORT)) === 1 ? id.slice(0, SHORT) : id);
  if (shut.length <= every.length / 2) return shut.map(name).join(",");
  return [ALL, ...every.filter((id) => !folded.has(id)).map((id) => `-${name(id)}`)].join(",");
}

/** The address's folding with one branch turned. */
export function turned(text: string | undefined, id: string, tree: Tree): string | undefined {
  const next = new Set(readFold(text, tree));
  if (!next.delete(id)) next.add(id);
  return writeFold(next, tree);
}

/** The address's folding with these branches open. */
export function opened(text: string | undefined, ids: readonly string[], tree: Tree): string | undefined {
  const folded = readFold(text, tree);
  if (!ids.some((id) => folded.has(id))) return text;
  return writeFold(new Set([...folded].filter((id) => !ids.includes(id))), tree);
}
