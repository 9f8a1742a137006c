import { useEffect, useRef } from "react";

export type Shortcuts = Record<string, (event: KeyboardEvent) => void>;

/** How long a first key ("g") waits for its second ("r"). */
const SEQUENCE_MS = 900;

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

/** The name of a key press as written in a table of shortcuts: "j", "?", "mod+k", "esc", "enter". */
export function nameOf(event: Pick<KeyboardEvent, "key" | "metaKey" | "ctrlKey" | "altKey">): string {
  const key = event.key === "Escape" ? "esc" : event.key.length === 1 ? event.key : event.key.toLowerCase();
  if (event.metaKey || event.ctrlKey) return `mod+${key.toLowerCase()}`;
  return event.altKey ? `alt+${key}` : key;
}

/** Sequences that anything on the page listens for, and how many do: their second key is no shortcut by itself. */
const sequences = new Map<string, number>();

function register(names: readonly string[], by: 1 | -1): void {
  for (const name of names) sequences.set(name, (sequences.get(name) ?? 0) + by);
}

/** Listens for shortcuts while the component is shown; sequences are written "g r". Not while typing. */
export function useShortcuts(shortcuts: Shortcuts, enabled = true): void {
  const table = useRef(shortcuts);
  useEffect(() => {
    table.current = shortcuts;
  });
  useEffect(() => {
    if (!enabled) return;
    const pairs = Object.keys(table.current).filter((name) => name.includes(" "));
    register(pairs, 1);
    let first = "";
    let firstAt = 0;
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      const name = nameOf(event);
      if (typing(event.target) && !name.startsWith("mod+")) return;
      const pair = first && event.timeStamp - firstAt < SEQUENCE_MS ? `${first} ${name}` : "";
      // "g r" goes to the runs, though "r" alone replays on this page.
      const act = table.current[pair] ?? (sequences.get(pair) ? undefined : table.current[name]);
      first = name;
      firstAt = event.timeStamp;
      if (!act) return;
      first = "";
      event.preventDefault();
      act(event);
    };
    window.addEventListener("keydown", listen);
    return () => {
      register(pairs, -1);
      window.removeEventListener("keydown", listen);
    };
  }, [enabled]);
}
