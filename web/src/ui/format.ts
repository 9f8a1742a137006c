/** How numbers, money and time are written. Unknown (null, undefined) is always "–", never 0. */

export const UNKNOWN = "–";

type Maybe<T> = T | null | undefined;

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

export function count(value: Maybe<number>): string {
  return value == null ? UNKNOWN : grouped.format(value);
}

/** 940 → "940", 12 345 → "12.3k", 4 500 000 → "4.5M". */
export function compact(value: Maybe<number>): string {
  if (value == null) return UNKNOWN;
  const size = Math.abs(value);
  if (size < 1000) return String(Math.round(value));
  if (size < 999_500) return trimZero(value / 1e3) + "k";
  if (size < 999_500_000) return trimZero(value / 1e6) + "M";
  return trimZero(value / 1e9) + "B";
}

function trimZero(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(1).replace(/\.0$/, "");
}

/** Milliseconds in human units: "0.4 ms", "840 ms", "3.21 s", "2 m 05 s", "1 h 02 m". */
export function duration(ms: Maybe<number>): string {
  if (ms == null) return UNKNOWN;
  if (ms < 1) return ms === 0 ? "0 ms" : ms < 0.05 ? "<0.1 ms" : `${ms.toFixed(1)} ms`;
  if (ms < 10) return `${ms.toFixed(1).replace(/\.0$/, "")} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${pad(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} m`;
  return `${(minutes / 1440).toFixed(1)} d`;
}

/** A round length of time by its largest unit: 900 → "15 min", 28,800 → "8 h". */
export function lengthOfTime(seconds: number): string {
  const units = [[604_800, "week"], [86_400, "day"], [3600, "h"], [60, "min"]] as const;
  const [size, unit] = units.find(([each]) => seconds >= each && seconds % each === 0) ?? [1, "s"];
  const amount = seconds / size;
  return size >= 86_400 ? (amount === 1 ? unit : `${amount} ${unit}s`) : `${amount} ${unit}`;
}

/** USD with enough digits to be non-zero: "$0.000042", "$0.0173", "$1.24", "$12,400". */
export function money(usd: Maybe<number>): string {
  if (usd == null) return UNKNOWN;
  if (usd === 0) return "$0";
  const size = Math.abs(usd);
  if (size < 0.000001) return "<$0.000001";
  if (size >= 1000) return "$" + grouped.format(usd);
  if (size >= 1) return "$" + usd.toFixed(2);
  // Three significant digits below one dollar.
  const digits = Math.min(8, 2 - Math.floor(Math.log10(size)));
  return "$" + usd.toFixed(digits).replace(/(\.\d\d\d*?)0+$/, "$1");
}

export function bytes(value: Maybe<number>): string {
  if (value == null) return UNKNOWN;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit] ?? "B"}`;
}

/** A share of one as a percentage with one digit, without claiming 100 % or 0 % that is not so. */
export function percent(share: Maybe<number>): string {
  if (share == null) return UNKNOWN;
  const value = share * 100;
  if (value > 99.95 && value < 100) return ">99.9 %";
  if (value > 0 && value < 0.05) return "<0.1 %";
  return `${value.toFixed(1).replace(/\.0$/, "")} %`;
}

const STEPS: readonly (readonly [number, string])[] = [
  [60, "s"],
  [3600, "m"],
  [86_400, "h"],
  [86_400 * 30, "d"],
  [86_400 * 365, "mo"],
];

/** "now", "12 s", "4 m", "3 h", "2 d": the age, for lists. */
export function age(at: Date, now: Date = new Date()): string {
  const seconds = (now.getTime() - at.getTime()) / 1000;
  if (seconds < 0) return seconds > -60 ? "now" : `in ${duration(-seconds * 1000)}`;
  if (seconds < 2) return "now";
  let divisor = 1;
  for (const [limit, unit] of STEPS) {
    if (seconds < limit) return `${Math.floor(seconds / divisor)} ${unit} ago`;
    divisor = limit;
  }
  return `${Math.floor(seconds / divisor)} y ago`;
}

const absoluteFormat = new Intl.DateTimeFormat(undefined, {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});
const zoneFormat = new Intl.DateTimeFormat(undefined, { timeZoneName: "short" });

export function zone(at: Date): string {
  return zoneFormat.formatToParts(at).find((part) => part.type === "timeZoneName")?.value ?? "";
}

/** Local date and time to the millisecond. */
export function absolute(at: Date): string {
  return absoluteFormat.format(at);
}

export function absoluteWithZone(at: Date): string {
  return `${absolute(at)} ${zone(at)} · ${at.toISOString()}`;
}

export function plural(n: number, one: string, many = one + "s"): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

export function shortId(id: string): string {
  return id.length > 12 ? id.slice(0, 8) : id;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
