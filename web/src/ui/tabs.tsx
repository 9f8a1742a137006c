import { useEffect, useRef } from "react";
import { cx } from "./classes";

export interface Tab<T extends string> {
  id: T;
  label: string;
  count?: number | undefined;
}

interface TabsProps<T extends string> {
  tabs: readonly Tab<T>[];
  value: T;
  onChange: (id: T) => void;
  label: string;
}

/** A row of tabs; arrow keys move between them. The panel is drawn by the caller, with role tabpanel. */
export function Tabs<T extends string>({ tabs, value, onChange, label }: TabsProps<T>) {
  const row = useRef<HTMLDivElement>(null);
  // On a phone the row is wider than the window: the chosen one is always in sight.
  useEffect(() => {
    const chosen = row.current?.querySelector<HTMLElement>('[aria-selected="true"]');
    if (row.current && chosen) row.current.scrollLeft = chosen.offsetLeft - (row.current.clientWidth - chosen.offsetWidth) / 2;
  }, [value]);
  const move = (step: number) => {
    const at = tabs.findIndex((tab) => tab.id === value);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (!next) return;
    onChange(next.id);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return (
    <div ref={row} role="tablist" aria-label={label} className="relative flex gap-1 overflow-x-auto border-b border-line px-3">
      {tabs.map((tab) => (
        <button
          key={tab.id}
          id={`tab-${tab.id}`}
          role="tab"
          type="button"
          aria-selected={tab.id === value}
          tabIndex={tab.id === value ? 0 : -1}
          onClick={() => onChange(tab.id)}
          onKeyDown={(event) => {
            if (event.key === "ArrowRight") move(1);
            if (event.key === "ArrowLeft") move(-1);
          }}
          className={cx(
            "-mb-px flex h-9 items-center gap-1.5 border-b-2 px-2 text-xs whitespace-nowrap transition-colors",
            tab.id === value ? "border-accent font-medium text-text" : "border-transparent text-muted hover:text-text",
          )}
        >
          {tab.label}
          {tab.count ? <span className="num rounded bg-hover px-1 text-2xs text-muted">{tab.count}</span> : null}
        </button>
      ))}
    </div>
  );
}
