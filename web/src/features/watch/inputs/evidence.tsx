import { percent } from "@/ui/format";
import { shareWords } from "../monitors/words";
import type { InputsPoint } from "./types";

const HIGH = 48;

const hour = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** How unusual inputs were, hour by hour: the mean p, half of which is expected below 0.5. */
export function Evidence({ points }: { points: readonly InputsPoint[] }) {
  const first = Date.parse(points[0]?.start ?? "");
  const last = Date.parse(points.at(-1)?.start ?? "");
  const spread = Math.max(1, last - first);
  const peak = Math.max(...points.map((each) => each.evidence));
  return (
    <figure className="px-4 pb-3">
      <figcaption className="text-2xs text-muted">How usual inputs were, hour by hour: 0.5 is expected, lower is less usual</figcaption>
      <svg viewBox={`0 0 1000 ${HIGH}`} preserveAspectRatio="none" className="mt-1 h-12 w-full" role="img" aria-label={`Mean p by the hour, evidence at most ${shareWords(peak)} of the threshold`}>
        <line x1="0" x2="1000" y1={HIGH / 2} y2={HIGH / 2} stroke="var(--line-strong)" strokeDasharray="6 6" vectorEffect="non-scaling-stroke" />
        {points.map((each) =>
          each.mean_p === null ? null : (
            <rect key={each.start} x={((Date.parse(each.start) - first) / spread) * 992} width={Math.max(2, 800 / points.length)} y={HIGH * (1 - each.mean_p)} height={Math.max(1, HIGH * each.mean_p)} fill={each.mean_p < 0.3 ? "var(--bad-mark)" : "var(--chart-runs)"}>
              <title>{`${hour.format(Date.parse(each.start))}: mean p ${each.mean_p.toFixed(2)}, n ${each.observed}, ${each.tail} unusual (${percent(each.observed ? each.tail / each.observed : 0)})`}</title>
            </rect>
          ),
        )}
      </svg>
    </figure>
  );
}
