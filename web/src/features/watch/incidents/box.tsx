import type { ReactNode } from "react";

/** A titled part of an incident. */
export function Box({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title} className="overflow-hidden rounded-xl border border-line bg-surface shadow-card">
      <div className="flex min-h-10 flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-1">
        <h2 className="text-sm font-semibold">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}
