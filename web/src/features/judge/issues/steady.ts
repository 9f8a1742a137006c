import { useState } from "react";

/** Rows in the order they were first shown in: figures change in place, and new rows come last. */
export function steady<T extends { id: string }>(rows: readonly T[], order: readonly string[]): T[] {
  const place = new Map(order.map((id, index) => [id, index]));
  const at = (row: T) => place.get(row.id) ?? order.length;
  return [...rows].sort((a, b) => at(a) - at(b));
}

/** Keeps rows where they are while somebody reads; `view` names what is shown: another view is ordered anew. */
export function useSteady<T extends { id: string }>(rows: readonly T[], view: string): T[] {
  const [kept, setKept] = useState<{ view: string; order: readonly string[] }>({ view: "", order: [] });
  const shown = kept.view === view ? steady(rows, kept.order) : [...rows];
  const order = shown.map((row) => row.id);
  if (rows.length > 0 && (kept.view !== view || order.join() !== kept.order.join())) setKept({ view, order });
  return shown;
}
