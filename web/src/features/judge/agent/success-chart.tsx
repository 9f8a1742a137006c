import { Link } from "@tanstack/react-router";
import { filterText } from "@/features/observe/filters";
import { JUDGED, runsOf } from "@/features/observe/links";
import { lengthOfTime, percent } from "@/ui/format";
import type { Quality } from "../types";
import { Box } from "./box";

const HIGH = 200;
const LEFT = 38;
const WIDE = 560;
const FOOT = 22;
type Bucket = Quality["success"]["by_bucket"][number];

const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", hourCycle: "h23" });
const short = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });

/** What a bucket is called on an axis: its day, with the hour where it is shorter. */
export const bucketLabel = (start: string, bucketMs: number) => (bucketMs < 86_400_000 ? day : short).format(Date.parse(start));

const said = ({ start, success }: Bucket) =>
  `${day.format(Date.parse(start))}: ${success.value === null ? "no outcome was said" : `${percent(success.value)} succeeded, between ${percent(success.low)} and ${percent(success.high)}`}, n ${success.n}`;

/** Success rate over time: a dot for each bucket with its interval, larger where more is known; gaps stay gaps. */
export function SuccessChart({ quality, agent }: { quality: Quality; agent: string }) {
  const buckets = quality.success.by_bucket;
  const seconds = quality.bucket_ms / 1000;
  const known = buckets.filter((bucket) => bucket.success.n > 0);
  const low = Math.min(0.5, ...known.map((bucket) => bucket.success.low ?? 1));
  const floor = Math.max(0, Math.floor(low * 10) / 10);
  const from = Date.parse(quality.from);
  const spread = Math.max(1, Date.parse(quality.to) - from);
  const x = (start: string) => LEFT + ((Date.parse(start) - from + quality.bucket_ms / 2) / (spread + quality.bucket_ms)) * (WIDE - LEFT - 8);
  const y = (share: number) => 8 + ((1 - share) / (1 - floor)) * (HIGH - 16);
  const most = Math.max(1, ...known.map((bucket) => bucket.success.n));
  const every = Math.max(1, Math.ceil(buckets.length / 6));
  return (
    <Box title="Success rate" aside={<span className="text-2xs text-muted">per {lengthOfTime(seconds)}, with its 95 % interval</span>}>
      {known.length === 0 ? (
        <p className="px-4 py-12 text-center text-xs text-muted">Nobody has said yet whether a run succeeded. Say it from a run’s page, from your code, or with a business event.</p>
      ) : (
        <svg viewBox={`0 0 ${WIDE} ${HIGH + FOOT}`} className="num block w-full px-2 pt-2 text-[10px]" role="group" aria-label={`Success rate per ${lengthOfTime(seconds)}`}>
          {[floor, (1 + floor) / 2, 1].map((share) => (
            <g key={share}>
              <line x1={LEFT} x2={WIDE} y1={y(share)} y2={y(share)} stroke="var(--line)" />
              <text x={LEFT - 6} y={y(share) + 3} textAnchor="end" fill="var(--faint)">{percent(share)}</text>
            </g>
          ))}
          {buckets.map((bucket, index) =>
            index % every === 0 ? (
              <text key={bucket.start} x={x(bucket.start)} y={HIGH + 12} textAnchor="middle" fill="var(--faint)">
                {bucketLabel(bucket.start, quality.bucket_ms)}
              </text>
            ) : null,
          )}
          {known.map((bucket) => (
            <Link key={bucket.start} to="/runs" aria-label={said(bucket)} search={runsOf(timeOf(bucket, quality), filterText("agent", "eq", agent), JUDGED)}>
              <title>{said(bucket)}</title>
              <rect x={x(bucket.start) - 9} y={0} width={18} height={HIGH} fill="transparent" />
              <line x1={x(bucket.start)} x2={x(bucket.start)} y1={y(bucket.success.high ?? 1)} y2={y(bucket.success.low ?? 0)} stroke="var(--accent)" strokeOpacity={0.45} strokeWidth={3} strokeLinecap="round" />
              <circle cx={x(bucket.start)} cy={y(bucket.success.value ?? 0)} r={2.5 + 3 * Math.sqrt(bucket.success.n / most)} fill="var(--accent)" />
            </Link>
          ))}
        </svg>
      )}
    </Box>
  );
}

/** The time of a bucket, as the runs list takes it. */
export function timeOf({ start }: { start: string }, { bucket_ms }: { bucket_ms: number }) {
  return { from: start, to: new Date(Date.parse(start) + bucket_ms).toISOString() };
}
