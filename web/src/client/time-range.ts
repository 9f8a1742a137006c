/** Time ranges as the URL holds them: relative ("-7d"), or RFC 3339. No `from` is the view's default. */

export interface TimeRange {
  from?: string | undefined;
  to?: string | undefined;
}

export const ALL_TIME = "all";
export const DEFAULT_RANGE = "-7d";

export const PRESETS = [
  { value: "-15m", label: "Last 15 minutes" },
  { value: "-1h", label: "Last hour" },
  { value: "-6h", label: "Last 6 hours" },
  { value: "-24h", label: "Last 24 hours" },
  { value: "-7d", label: "Last 7 days" },
  { value: "-14d", label: "Last 14 days" },
  { value: "-30d", label: "Last 30 days" },
  { value: "-90d", label: "Last 90 days" },
  { value: ALL_TIME, label: "All time" },
] as const;

/** What to send to the API: all time is no bound at all. */
export function apiRange(range: TimeRange): TimeRange {
  const from = range.from ?? DEFAULT_RANGE;
  return { ...(from === ALL_TIME ? {} : { from }), ...(range.to ? { to: range.to } : {}) };
}

const UNITS: Record<string, number> = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };

/** Unix ms of a bound, relative ones counted from `now`; undefined where there is no bound. */
export function boundMs(text: string | undefined, now: number): number | undefined {
  if (!text || text === ALL_TIME) return undefined;
  const relative = /^-(\d+)([smhdw])$/.exec(text);
  if (relative?.[1] && relative[2]) return now - Number(relative[1]) * (UNITS[relative[2]] ?? 0);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

export function rangeLabel(range: TimeRange): string {
  const from = range.from ?? DEFAULT_RANGE;
  if (!range.to) {
    const preset = PRESETS.find((each) => each.value === from);
    if (preset) return preset.label;
  }
  const format = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const show = (text: string | undefined, open: string) => {
    const at = boundMs(text, Date.now());
    return at === undefined ? open : format.format(at);
  };
  return `${show(from, "beginning")} – ${show(range.to, "now")}`;
}

const BUCKETS = [1, 5, 15, 60, 300, 900, 3600, 10_800, 21_600, 43_200, 86_400, 604_800] as const;

/** A round bucket (seconds) that cuts the span of time into at most `most` pieces. */
export function bucketSeconds(spanMs: number, most = 60): number {
  return BUCKETS.find((each) => spanMs / 1000 / each <= most) ?? 604_800 * Math.ceil(spanMs / 604_800_000 / most);
}
