import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import { compact, count, lengthOfTime } from "./format";
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
  /** Of the drawing, px; a line of text stands above it. */
  height?: number;
  /** The range a person drew with the mouse, Unix seconds. */
  onRange?: (from: number, to: number) => void;
  /** What is counted: "Runs". */
  label: string;
}

const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** The next whole number that is easily read: 1 to 6, 8, 10, 15, 20, 25, 30, 40 … */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  const steps = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((step) => step * power);
  return steps.find((each) => each >= value && Number.isInteger(each)) ?? value;
}

const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** The day where a new one begins, the time of day otherwise. */
function timeLabel(at: number, before: number | undefined): string {
  const date = new Date(at * 1000);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0;
  return midnight || (before !== undefined && at - before >= 86_400) ? day.format(date) : clock.format(date);
}

const moment = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** What a bar stands for: "Nov 22, 08:30:00: 34 runs, 3 with an error". */
function readout(at: number, series: readonly Series[], index: number): string {
  return `${moment.format(at * 1000)}: ${series.map((each) => `${count(each.values[index])} ${each.label}`).join(", ")}`;
}

/** Counts over time as bars; hover to read them, drag to zoom. The rows below say the same for those who cannot see it. */
export function TimeChart({ times, bucketSeconds, series, height = 96, onRange, label }: TimeChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const zoom = useRef(onRange);
  const [hovered, setHovered] = useState<number>();
  const theme = useTheme();
  useEffect(() => {
    zoom.current = onRange;
  });
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
          setCursor: [(u) => setHovered(u.cursor.idx ?? undefined)],
          setSelect: [
            (u) => {
              if (u.select.width > 4) zoom.current?.(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
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
  }, [times, series, height, bucketSeconds, theme]);
  const total = series.map((each) => `${each.values.reduce<number>((sum, value) => sum + (value ?? 0), 0)} ${each.label}`).join(", ");
  const per = `${label} per ${lengthOfTime(bucketSeconds)}`;
  const at = hovered === undefined ? undefined : times[hovered];
  return (
    <div className="w-full min-w-0">
      <div aria-hidden className="num flex h-4 items-center gap-4 px-2 text-2xs whitespace-nowrap text-muted">
        <span className="min-w-0 truncate">{at === undefined || hovered === undefined ? per : readout(at, series, hovered)}</span>
        <span className="ml-auto flex shrink-0 gap-4">
          {series.map((each) => (
            <span key={each.label} className="flex items-center gap-1.5">
              <i className="size-2 rounded-xs" style={{ background: `var(--${each.token})` }} /> {each.label}
            </span>
          ))}
        </span>
      </div>
      <div ref={place} role="img" aria-label={`${per}: ${total}`} style={{ height }} className="w-full min-w-0" />
    </div>
  );
}
