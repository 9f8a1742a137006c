import type { ReactNode } from "react";

/** A titled part of the right-hand side. */
export function Part({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section>
      <div className="mb-2 flex items-center justify-between gap-2">
        <h2 className="text-xs font-medium text-muted">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}
