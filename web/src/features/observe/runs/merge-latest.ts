import type { Run } from "@/client/types";

export interface Page {
  items: Run[];
  next_cursor: string | null;
}

/** The shown pages with changed runs in place, and how many newer ones wait. */
export function mergeLatest(pages: readonly Page[], latest: Page): { pages: Page[]; fresh: number; over: boolean; empty: boolean } {
  const changed = new Map(latest.items.map((run) => [run.id, run]));
  const shown = new Set(pages.flatMap((page) => page.items.map((run) => run.id)));
  const fresh = latest.items.findIndex((run) => shown.has(run.id));
  return {
    pages: pages.map((page) => ({ ...page, items: page.items.map((run) => changed.get(run.id) ?? run) })),
    fresh: fresh < 0 ? latest.items.length : latest.items.slice(0, fresh).length,
    over: fresh < 0 && latest.next_cursor !== null,
    empty: shown.size === 0 && latest.items.length > 0,
  };
}
