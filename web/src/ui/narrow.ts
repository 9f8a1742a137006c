import { useSyncExternalStore } from "react";

/** Below this, tables become cards: the same place as Tailwind's `md`. */
const NARROW = "(max-width: 767.98px)";

function subscribe(listener: () => void): () => void {
  const media = matchMedia(NARROW);
  media.addEventListener("change", listener);
  return () => media.removeEventListener("change", listener);
}

/** Whether the window is as narrow as a phone: where a table is drawn as cards, not only styled so. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(NARROW).matches);
}
