import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { compact } from "./format";
import { useTheme } from "./theme";

export interface Series {
  label: string;
  /** Name of a token: "accent", "bad-mark". */
  token: string;
  values: readonly (number | null)[];
}

interface TimeChartProps {
  /** Starts of the buckets, Unix seconds, rising. */
  times: readonly number[];
  bucketSeconds: number;
  /** Drawn as bars over each other, the first at the back. */
  series: readonly Series[];
  unit: string;
  height?: number;
  /** The range a person drew with the mouse, Unix seconds. */
  onRange?: (from: number, to: number) => void;
  label: string;
}

const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** The next of 1, 2, 5, 10, 20, 50 … */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 5, 10].map((step) => step * power).find((each) => each >= value) ?? value;
}

const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** The day where a new one begins, the time of day otherwise. */
function timeLabel(at: number, before: number | undefined): string {
  const date = new Date(at * 1000);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0;
  return midnight || (before !== undefined && at - before >= 86_400) ? day.format(date) : clock.format(date);
}

/** Counts over time as bars; drag to zoom. The table beside it says the same for those who cannot see it. */
export function TimeChart({ times, bucketSeconds, series, unit, height = 96, onRange, label }: TimeChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  useEffect(() => {
    const element = place.current;
    if (!element || times.length === 0) return;
    const axis = { stroke: token("faint"), grid: { stroke: token("line"), width: 1 }, ticks: { show: false }, font: "11px Inter Variable" };
    const bars = uPlot.paths.bars?.({ size: [0.82, 40], radius: 0.15 });
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
        // Two lines are enough to read a small chart by: nothing, and a round number that holds the top.
        scales: { x: { time: true, range: (_u, min, max) => [min - bucketSeconds / 2, max + bucketSeconds / 2] }, y: { range: (_u, _min, max) => [0, roundUp(max)] } },
        axes: [
          { ...axis, grid: { show: false }, size: 22, space: 76, values: (_u, ticks) => ticks.map((at, i) => timeLabel(at, ticks[i - 1])) },
          { ...axis, size: 40, splits: (u) => [0, u.scales.y?.max ?? 1], values: (_u, ticks) => ticks.map((tick) => compact(tick)) },
        ],
        series: [
          {},
          ...series.map((each) => ({ label: each.label, fill: token(each.token), stroke: token(each.token), width: 0, points: { show: false }, ...(bars ? { paths: bars } : {}) })),
        ],
        hooks: {
          setSelect: [
            (u) => {
              if (u.select.width > 4) onRange?.(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
        },
      },
      [times as number[], ...series.map((each) => each.values as (number | null)[])],
      element,
    );
    const resize = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      plot.destroy();
    };
  }, [times, series, height, bucketSeconds, onRange, theme]);
  const total = series.map((each) => `${each.values.reduce<number>((sum, value) => sum + (value ?? 0), 0)} ${each.label}`).join(", ");
  return <div ref={place} role="img" aria-label={`${label}: ${total} ${unit}`} style={{ height }} className="w-full min-w-0" />;
}
