import { ArrowLeftRight, UserX } from "lucide-react";
import { cx } from "@/ui/classes";
import { dayOf, dayWords, timeOf } from "@/ui/zoned";
import type { Shift } from "../types";
import { piecesOf } from "./band";
import { personColour } from "./person-look";

interface BandProps {
  shifts: readonly Shift[];
  edges: readonly number[];
  from: number;
  to: number;
  now: number;
  zone: string;
  /** Not given: only to look at. */
  onSwap?: ((start: number, end: number) => void) | undefined;
  className?: string;
}

const HEIGHT = 52;
/** A narrower piece is too small to hit: it is only to look at, and the week has it larger. */
const SMALLEST_TARGET = 0.04;

/** "Mon 23 Nov 09:00 to Mon 30 Nov 09:00". */
export function spanWords(start: number, end: number, zone: string): string {
  const at = (ms: number) => `${dayWords(dayOf(ms, zone))} ${timeOf(ms, zone)}`;
  return `${at(start)} to ${at(end)}`;
}

/** What a shift says beyond its person. */
export function whyWords(shift: Shift): string {
  if (!shift.person) return "nobody is on call";
  if (shift.override) return "override";
  return [shift.layer ? `layer ${shift.layer}` : "", shift.instead_of ? `instead of ${shift.instead_of}, who left` : ""].filter(Boolean).join(", ");
}

/** The shifts of one schedule on a line of time. A click on one offers to hand it to somebody else. */
export function Band({ shifts, edges, from, to, now, zone, onSwap, className }: BandProps) {
  return (
    <div className={cx("relative", className)} style={{ height: HEIGHT }}>
      {edges.map((at) => (
        <i key={at} className="absolute inset-y-0 border-l border-line" style={{ left: `${((at - from) / (to - from)) * 100}%` }} />
      ))}
      {piecesOf(shifts, from, to).map(({ shift, left, width, start, end }) => {
        const gap = !shift.person;
        const words = `${shift.person ?? "Nobody"}: ${spanWords(start, end, zone)} (${whyWords(shift)})`;
        const look = {
          title: words,
          "aria-label": words,
          className: cx(
            "absolute top-2 bottom-2 flex min-w-1 items-center gap-1 overflow-hidden rounded-md border-l-3 px-1.5 text-xs whitespace-nowrap",
            gap && "text-bad",
          ),
          style: {
            left: `calc(${left * 100}% + 1px)`,
            width: `calc(${width * 100}% - 2px)`,
            borderColor: gap ? "var(--bad-mark)" : personColour(shift.person ?? ""),
            background: gap
              ? "repeating-linear-gradient(135deg, var(--bad-soft) 0 6px, var(--surface) 6px 10px)"
              : `color-mix(in oklab, ${personColour(shift.person ?? "")} 14%, var(--surface))`,
            ...(shift.override ? { outline: `1px dashed ${personColour(shift.person ?? "")}`, outlineOffset: "-1px" } : {}),
          },
        };
        const inside = (
          <>
            {gap ? <UserX className="size-3.5 shrink-0" aria-hidden /> : shift.override ? <ArrowLeftRight className="size-3 shrink-0 text-muted" aria-hidden /> : null}
            <span className="truncate font-medium">{shift.person ?? "nobody"}</span>
          </>
        );
        return onSwap && width >= SMALLEST_TARGET ? (
          <button
            key={shift.start}
            type="button"
            {...look}
            title={`${words}. Click to hand it over`}
            className={cx(look.className, "hover:brightness-95")}
            onClick={() => onSwap(Math.max(start, from), Math.min(end, to))}
          >
            {inside}
          </button>
        ) : (
          <div key={shift.start} role="img" {...look}>
            {inside}
          </div>
        );
      })}
      {now > from && now < to ? <i className="pointer-events-none absolute inset-y-0 z-1 border-l-2 border-accent" style={{ left: `${((now - from) / (to - from)) * 100}%` }} title="Now" /> : null}
    </div>
  );
}
