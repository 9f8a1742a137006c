/** Days and times of day in a time zone by its IANA name, with what the browser knows of it. Pure. */

/** A day: "2026-11-23". */
export type Day = string;

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string): Intl.DateTimeFormat {
  let found = formats.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" });
    formats.set(zone, found);
  }
  return found;
}

/** The clock on the wall there, as if it were UTC: Unix ms. */
function wall(at: number, zone: string): number {
  const parts = Object.fromEntries(format(zone).formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/**
 * Unix ms of a local time. One that does not exist (clocks go forward) is read with the offset before the
 * change, one that comes twice is the first of the two: as the server does (RFC 5545, 3.3.5).
 */
export function instantOf(day: Day, time: string, zone: string): number {
  const local = Date.parse(`${day}T${time.slice(0, 5)}:00Z`);
  const before = wall(local - DAY_MS, zone) - (local - DAY_MS);
  const guess = local - before;
  if (wall(guess, zone) === local) return guess;
  const after = wall(local + DAY_MS, zone) - (local + DAY_MS);
  return wall(local - after, zone) === local ? local - after : guess;
}

/** The day it is there. */
export function dayOf(at: number, zone: string): Day {
  return new Date(wall(at, zone)).toISOString().slice(0, 10);
}

/** "09:00" there. */
export function timeOf(at: number, zone: string): string {
  return new Date(wall(at, zone)).toISOString().slice(11, 16);
}

export function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The Monday on or before a day. */
export function mondayOf(day: Day): Day {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return addDays(day, -((weekday + 6) % 7));
}

export function firstOfMonth(day: Day): Day {
  return `${day.slice(0, 8)}01`;
}

/** Days from one to the other, the last not included. */
export function daysBetween(from: Day, to: Day): Day[] {
  const count = Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
  return Array.from({ length: Math.max(0, count) }, (_, index) => addDays(from, index));
}

export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

export const knownZones = (): readonly string[] => ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

/** "Mon 23 Nov" of a day, whatever the zone of the browser. */
export function dayWords(day: Day, how: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric", month: "short" }): string {
  return new Intl.DateTimeFormat(undefined, { ...how, timeZone: "UTC" }).format(Date.parse(`${day}T00:00:00Z`));
}
