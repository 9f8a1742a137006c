import { CircleAlert, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { Problem } from "@/client/problem";
import { Button } from "./button";
import { cx } from "./classes";

interface EmptyProps {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  className?: string;
  /** Where it is the whole page, its title is the page's. */
  whole?: boolean;
}

/** Nothing here, and what to do next. */
export function Empty({ icon, title, children, className, whole = false }: EmptyProps) {
  const Heading = whole ? "h1" : "h2";
  return (
    <div className={cx("mx-auto flex max-w-lg flex-col items-center px-6 py-16 text-center", className)}>
      {icon ? (
        <div className="mb-4 flex size-10 items-center justify-center rounded-xl border border-line bg-surface text-muted shadow-card [&_svg]:size-5">
          {icon}
        </div>
      ) : null}
      <Heading className="text-base font-semibold text-text">{title}</Heading>
      {children ? <div className="mt-1.5 w-full text-sm text-muted">{children}</div> : null}
    </div>
  );
}

/** What failed, why, and a way to try again. */
export function Failed({ error, retry, what }: { error: unknown; retry?: () => void; what: string }) {
  const problem = Problem.from(error);
  return (
    <div role="alert" className="mx-auto flex max-w-lg flex-col items-center px-6 py-16 text-center">
      <div className="mb-4 flex size-10 items-center justify-center rounded-xl bg-bad-soft text-bad">
        <CircleAlert className="size-5" aria-hidden />
      </div>
      <h2 className="text-base font-semibold">{what} could not be loaded</h2>
      <p className="mt-1.5 text-sm text-muted">{problem.message}</p>
      {problem.code ? <p className="mt-1 font-mono text-2xs text-faint">{problem.code}</p> : null}
      {retry ? (
        <Button className="mt-4" onClick={retry}>
          <RotateCw className="size-3.5" aria-hidden /> Try again
        </Button>
      ) : null}
    </div>
  );
}

/** A failure within a form or a panel: one line. */
export function FailedLine({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <p role="alert" className="flex items-start gap-1.5 text-xs text-bad">
      <CircleAlert className="mt-0.5 size-3.5 shrink-0" aria-hidden />
      {Problem.from(error).message}
    </p>
  );
}

/** Grey bars in the shape of rows to come. */
export function SkeletonRows({ rows = 12, height = 36 }: { rows?: number; height?: number }) {
  return (
    <div role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex items-center gap-4 border-b border-line px-4" style={{ height }}>
          <div className="skeleton h-3 w-3" />
          <div className="skeleton h-3" style={{ width: `${18 + ((index * 7) % 14)}%` }} />
          <div className="skeleton h-3" style={{ width: `${24 + ((index * 11) % 18)}%` }} />
          <div className="skeleton ml-auto h-3 w-16" />
          <div className="skeleton h-3 w-12" />
        </div>
      ))}
    </div>
  );
}
