import type { ReactNode } from "react";
import { Card } from "@/features/settings/section";
import { cx } from "@/ui/classes";
import type { Inquiry } from "../types";
import { boundsOf, honestWords, type Bound } from "./bounds";

/** What is done of what is at most needed, what it cost of what it may; beside it what stops it, or lets it go on. */
export function ProgressCard({ inquiry, children }: { inquiry: Inquiry; children: ReactNode }) {
  const bounds = boundsOf(inquiry);
  const [reruns, ...others] = bounds;
  const words = inquiry.state === "running" ? honestWords(inquiry) : "";
  if (!reruns) return null;
  return (
    <Card className="p-4">
      <section aria-label="How far it is" className="flex flex-wrap items-start gap-x-6 gap-y-3">
        <div className="flex min-w-56 flex-1 flex-col gap-3">
          <Reruns bound={reruns} running={inquiry.state === "running"} />
          <dl className="num flex flex-wrap gap-x-8 gap-y-2 text-xs">
            {others.map((each) => (
              <div key={each.name} className="min-w-28">
                <dt className="text-2xs text-muted">{each.label}</dt>
                <dd className={cx("font-medium", each.usedUp && "text-warn")}>
                  {each.words}
                  {each.usedUp ? ", used up" : ""}
                </dd>
                {each.most ? <Bar bound={each} className="mt-1 w-28" /> : null}
              </div>
            ))}
          </dl>
          {words ? <p className="text-2xs text-muted">{words}</p> : null}
        </div>
        <div className="flex gap-2">{children}</div>
      </section>
    </Card>
  );
}

function Reruns({ bound, running }: { bound: Bound; running: boolean }) {
  return (
    <div>
      <p className="num flex items-baseline justify-between gap-3 text-xs">
        <span className="text-2xs text-muted">{bound.label}</span>
        <span className={cx("font-medium", bound.usedUp && "text-warn")}>
          {bound.words}
          {bound.usedUp && !running ? ", used up" : ""}
        </span>
      </p>
      <Bar bound={bound} className="mt-1.5 w-full" />
      {bound.usual !== undefined && bound.most ? (
        <p aria-hidden className="num relative h-4 text-2xs text-faint">
          <span className="absolute top-0.5 -translate-x-1/2 whitespace-nowrap" style={{ left: `clamp(3rem, ${((100 * bound.usual) / bound.most).toFixed(2)}%, 100% - 3rem)` }}>
            {bound.usual} usually do
          </span>
        </p>
      ) : null}
    </div>
  );
}

/** Without a bound, the usual end stands for it; past that nothing is known of the length. */
function Bar({ bound, className }: { bound: Bound; className: string }) {
  const { value, most, usual, words, label, usedUp } = bound;
  const length = most ?? (usual !== undefined && value <= usual ? usual : undefined);
  return (
    <span className={cx("relative block", className)}>
      <progress className={cx("block h-1.5 w-full", usedUp && "text-warn-mark")} aria-label={`${label}: ${words}`} {...(length === undefined ? {} : { max: Math.max(length, 1e-9), value: Math.min(value, length) })} />
      {usual !== undefined && most ? <i aria-hidden className="absolute -inset-y-0.5 w-px bg-muted" style={{ left: `${((100 * usual) / most).toFixed(2)}%` }} /> : null}
    </span>
  );
}
