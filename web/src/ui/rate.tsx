import { percent, plural, UNKNOWN } from "./format";

export interface RateValue {
  /** Successes, errors: what is counted. */
  hits: number;
  n: number;
  low: number | null;
  high: number | null;
}

interface RateProps extends RateValue {
  ofWhat: string;
  bad?: boolean;
  /** The interval and n below the rate: so that rates stand under each other in a table. */
  stacked?: boolean;
}

/**
 * A rate with its n and its interval; never one without the others. `ofWhat` names what n counts.
 * The interval is drawn as ± half its width, as its ends where it is lopsided (few runs), and in full on hover.
 */
export function Rate({ hits, n, low, high, ofWhat, bad = false, stacked = false }: RateProps) {
  const look = stacked ? "num inline-flex flex-col items-end leading-4 whitespace-nowrap" : "num inline-flex items-baseline gap-1 whitespace-nowrap";
  if (n === 0)
    return (
      <span className={`${look} text-faint`} title={`Unknown: no ${ofWhat} yet`}>
        <span>{UNKNOWN}</span> <span className="text-2xs">n 0</span>
      </span>
    );
  const share = hits / n;
  const title =
    `${hits} of ${plural(n, ofWhat)}` +
    (low != null && high != null ? ` · 95 % interval ${percent(low)} to ${percent(high)} (Wilson)` : "");
  return (
    <span className={look} title={title}>
      <span className={bad && hits > 0 ? "text-bad" : undefined}>{percent(share)}</span>
      <span className="text-2xs text-faint">
        {low != null && high != null ? `${interval(share, low, high)}, ` : ""}n {n.toLocaleString("en-US")}
      </span>
    </span>
  );
}

/** "± 1.2", or "2–44" where ± would reach below nothing or mislead about one side. */
export function interval(share: number, low: number, high: number): string {
  const [below, above] = [share - low, high - share];
  const half = (high - low) / 2;
  if (Math.abs(below - above) > half * 0.5) return `${digits(low, half)}–${digits(high, half)}`;
  return `± ${digits(half, half)}`;
}

const digits = (share: number, half: number) => (share * 100).toFixed(half < 0.0495 ? 1 : 0);
