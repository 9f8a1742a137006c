import { UserX } from "lucide-react";
import { Button } from "@/ui/button";
import { cx } from "@/ui/classes";
import type { Shift } from "../types";
import { piecesOf } from "./band";
import { spanWords, whyWords } from "./band-view";
import { personColour } from "./person-look";

interface AgendaProps {
  shifts: readonly Shift[];
  from: number;
  to: number;
  zone: string;
  onSwap?: ((start: number, end: number) => void) | undefined;
  className?: string;
}

/** The same on a phone: a list, because a band of a few pixels says nothing. */
export function Agenda({ shifts, from, to, zone, onSwap, className }: AgendaProps) {
  return (
    <ul aria-label="Shifts" className={cx("px-4 pb-2", className)}>
      {piecesOf(shifts, from, to).map(({ shift, start, end }) => (
        <li key={shift.start} className="flex items-center gap-2.5 border-t border-line py-1.5 first:border-t-0">
          {shift.person ? <i className="h-8 w-1 shrink-0 rounded-full" style={{ background: personColour(shift.person) }} aria-hidden /> : <UserX className="size-4 shrink-0 text-bad" aria-hidden />}
          <span className="min-w-0 flex-1">
            <span className={cx("block text-xs font-medium", !shift.person && "text-bad")}>{shift.person ?? "Nobody"}</span>
            <span className="num block text-2xs text-muted">
              {spanWords(start, end, zone)}
              {shift.person ? ` · ${whyWords(shift)}` : ""}
            </span>
          </span>
          {onSwap ? <Button onClick={() => onSwap(Math.max(start, from), Math.min(end, to))}>{shift.person ? "Hand over" : "Fill"}</Button> : null}
        </li>
      ))}
    </ul>
  );
}
