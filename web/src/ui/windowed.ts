import { useEffect, useState, type RefObject } from "react";

interface Windowed {
  /** Of one row, px. */
  row: number;
  count: number;
  /** Off: all are drawn. */
  enabled: boolean;
}

const MORE = 12;

/** Which of `count` rows of one height are to be drawn, where the first begins `above` px down what scrolls. */
export function windowOf({ scrollTop, clientHeight }: { scrollTop: number; clientHeight: number }, above: number, { row, count }: Pick<Windowed, "row" | "count">): [number, number] {
  const first = Math.floor((scrollTop - above) / row) - MORE;
  const last = Math.ceil((scrollTop + clientHeight - above) / row) + MORE;
  return [Math.max(0, Math.min(first, count)), Math.max(0, Math.min(last, count))];
}

/**
 * The rows of a table to draw, where the page scrolls and the table is only a part of it. The first page needs
 * no more than this; the virtual lists of other pages use a library.
 */
export function useWindowed(scroller: RefObject<HTMLElement | null>, body: RefObject<HTMLElement | null>, { row, count, enabled }: Windowed): [number, number] {
  const [range, setRange] = useState<[number, number]>([0, MORE * 4]);
  useEffect(() => {
    const outer = scroller.current;
    if (!outer || !enabled) return;
    const look = () => {
      const inner = body.current;
      if (!inner) return;
      const above = inner.getBoundingClientRect().top - outer.getBoundingClientRect().top + outer.scrollTop;
      const next = windowOf(outer, above, { row, count });
      setRange((old) => (old[0] === next[0] && old[1] === next[1] ? old : next));
    };
    look();
    outer.addEventListener("scroll", look, { passive: true });
    window.addEventListener("resize", look);
    return () => {
      outer.removeEventListener("scroll", look);
      window.removeEventListener("resize", look);
    };
  }, [scroller, body, row, count, enabled]);
  return enabled ? range : [0, count];
}
