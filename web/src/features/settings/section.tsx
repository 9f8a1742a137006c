import type { ReactNode } from "react";

interface SectionProps {
  title: string;
  about: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
}

export function Section({ title, about, aside, children }: SectionProps) {
  return (
    <section className="flex flex-col gap-4">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="max-w-2xl">
          <h2 className="text-lg font-semibold tracking-[-0.01em]">{title}</h2>
          <p className="text-sm text-muted">{about}</p>
        </div>
        {aside}
      </div>
      {children}
    </section>
  );
}

export function Card({ children, className }: { children: ReactNode; className?: string }) {
  return <div className={`relative overflow-x-auto rounded-xl border border-line bg-surface shadow-card ${className ?? ""}`}>{children}</div>;
}

export interface TableColumn {
  label: string;
  right?: boolean;
  hidden?: boolean;
}

/** A table of settings: short, so not virtual. */
export function Table({ caption, columns, children }: { caption: string; columns: readonly TableColumn[]; children: ReactNode }) {
  return (
    <table className="w-full border-collapse text-left text-xs [&_td]:border-t [&_td]:border-line [&_td]:px-3 [&_td]:py-2 [&_td:first-child]:pl-4 [&_td:last-child]:pr-4">
      <caption className="sr-only">{caption}</caption>
      <thead>
        <tr className="text-muted">
          {columns.map((column) => (
            <th key={column.label} scope="col" className={`h-9 px-3 font-normal whitespace-nowrap first:pl-4 last:pr-4 ${column.right ? "text-right" : ""}`}>
              {column.hidden ? <span className="sr-only">{column.label}</span> : column.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}
