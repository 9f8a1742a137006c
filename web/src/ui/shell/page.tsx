import type { ReactNode } from "react";
import { useEffect } from "react";

interface PageProps {
  /** Of the browser's tab; also the page's heading unless `heading` is given. */
  title: string;
  heading?: ReactNode;
  /** Right of the heading. */
  actions?: ReactNode;
  /** A second line: filters, tabs. */
  bar?: ReactNode;
  children: ReactNode;
}

/** A page: a header that stays, and a body that scrolls or fills. */
export function Page({ title, heading, actions, bar, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Roadworthy`;
  }, [title]);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="shrink-0 border-b border-line bg-surface">
        <div className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2 md:px-5">
          {heading ?? <h1 className="text-base font-semibold tracking-[-0.01em]">{title}</h1>}
          {actions ? <div className="ml-auto flex flex-wrap items-center gap-2">{actions}</div> : null}
        </div>
        {bar}
      </header>
      <div className="min-h-0 flex-1">{children}</div>
    </div>
  );
}
