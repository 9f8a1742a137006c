import { useEffect, type RefObject } from "react";
import { locate, squeeze } from "./locate";

const NAME = "evidence";
const FOCUS = "evidence-focus";

interface Piece {
  node: Text;
  start: number;
}

/** Every text that is drawn below `root`, one after the other. Notes quote evidence themselves: they are left out. */
function drawn(root: HTMLElement): { text: string; pieces: Piece[] } {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT, {
    acceptNode: (node) => (node.parentElement?.closest("[data-quote]") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT),
  });
  const pieces: Piece[] = [];
  let text = "";
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    pieces.push({ node: node as Text, start: text.length });
    text += node.nodeValue ?? "";
  }
  return { text, pieces };
}

function rangeOf(pieces: readonly Piece[], [from, to]: [number, number]): Range | undefined {
  const pieceAt = (place: number) => pieces.findLast((piece) => piece.start <= place);
  const [first, last] = [pieceAt(from), pieceAt(to - 1)];
  if (!first || !last) return undefined;
  const range = document.createRange();
  range.setStart(first.node, from - first.start);
  range.setEnd(last.node, to - last.start);
  return range;
}

/**
 * Marks excerpts in whatever is drawn below `place`, also in what is drawn later, and brings `focus` into view
 * once. `view` names what is drawn: another one has another place. It marks through the browser (CSS highlights), so that no text has to know of it.
 */
export function useHighlight(place: RefObject<HTMLElement | null>, excerpts: readonly string[], focus: string | undefined, view: string): void {
  const key = JSON.stringify([excerpts, focus, view]);
  useEffect(() => {
    const root = place.current;
    const registry = (CSS as { highlights?: HighlightRegistry }).highlights;
    if (!root || !registry || excerpts.length === 0) return;
    let shown = false;
    let waiting = 0;
    const mark = () => {
      waiting = 0;
      const { text, pieces } = drawn(root);
      const squeezed = squeeze(text);
      const find = (excerpt: string | undefined) => {
        const at = excerpt ? locate(squeezed, excerpt) : undefined;
        return at && rangeOf(pieces, at);
      };
      const ranges = excerpts.map(find).filter((each) => each !== undefined);
      const focused = find(focus);
      registry.set(NAME, new Highlight(...ranges));
      registry.set(FOCUS, focused ? new Highlight(focused) : new Highlight());
      if (focused && !shown) {
        shown = true;
        focused.startContainer.parentElement?.scrollIntoView({ block: "center" });
      }
    };
    const soon = () => {
      waiting ||= requestAnimationFrame(mark);
    };
    soon();
    const observer = new MutationObserver(soon);
    observer.observe(root, { childList: true, subtree: true, characterData: true });
    return () => {
      observer.disconnect();
      cancelAnimationFrame(waiting);
      registry.delete(NAME);
      registry.delete(FOCUS);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `key` stands for all that decides what is marked
  }, [place, key]);
}
