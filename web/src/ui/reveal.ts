import { useEffect, type RefObject } from "react";

interface Rows {
  /** Of each row, px. */
  row: number;
  /** Of what stands above the first row and scrolls with it, px. */
  before?: number;
  /** Of what stays at the top and covers rows, px. */
  covered?: number;
}

/** Where to scroll so that a row is wholly seen: no further than needed. */
export function revealed({ scrollTop, clientHeight }: { scrollTop: number; clientHeight: number }, index: number, { row, before = 0, covered = 0 }: Rows): number {
  const top = before + index * row;
  if (top < scrollTop + covered) return Math.max(0, top - covered);
  return Math.max(scrollTop, top + row - clientHeight);
}

/** Keeps the row at `index` in view; -1 is none. Rows of one height, so nothing has to be measured first. */
export function useRevealed(scroller: RefObject<HTMLElement | null>, index: number, { row, before = 0, covered = 0 }: Rows): void {
  useEffect(() => {
    const element = scroller.current;
    if (element && index >= 0) element.scrollTo({ top: revealed(element, index, { row, before, covered }) });
  }, [scroller, index, row, before, covered]);
}
