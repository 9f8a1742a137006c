import type { Shift } from "../types";

/** Where shifts stand on a band that shows [from, to), Unix ms. Pure, so that it can be tested. */
export interface Piece {
  shift: Shift;
  /** Shares of the band's width, 0 to 1. */
  left: number;
  width: number;
  start: number;
  end: number;
}

export function piecesOf(shifts: readonly Shift[], from: number, to: number): Piece[] {
  return shifts.flatMap((shift) => {
    const start = Math.max(from, Date.parse(shift.start));
    const end = Math.min(to, Date.parse(shift.end));
    return end > start ? [{ shift, left: (start - from) / (to - from), width: (end - start) / (to - from), start: Date.parse(shift.start), end: Date.parse(shift.end) }] : [];
  });
}

export const COLOURS = 8;
const seen = new Map<string, number>();

/** One of so many colours for a person: the same on every band, and another's only when all are taken. */
export function colourOf(person: string): number {
  const known = seen.get(person) ?? seen.size % COLOURS;
  seen.set(person, known);
  return known;
}

/** Which instant a place on the band is, to the half hour. */
export function instantAt(share: number, from: number, to: number): number {
  const half = 1_800_000;
  return Math.round((from + share * (to - from)) / half) * half;
}
