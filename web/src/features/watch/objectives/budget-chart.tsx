import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import { useTheme } from "@/ui/theme";
import type { BudgetPoint } from "./types";
import { events, leftWords } from "./words";

const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const moment = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const HIGH = 220;
const LOWEST = -1;

/** What is left of the budget over its period, and the pace that would use it up exactly at the end. */
export function BudgetChart({ points, from, to }: { points: readonly BudgetPoint[]; from: number; to: number }) {
  const place = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number>();
  const theme = useTheme();
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const times = points.map((each) => Date.parse(each.start) / 1000);
    const left = points.map((each) => Math.max(LOWEST, each.left));
    const pace = times.map((each) => 1 - (each - from) / (to - from));
    const lowest = Math.min(0, ...left);
    const axis = { stroke: token("faint"), grid: { stroke: token("line"), width: 1 }, ticks: { show: false }, font: "11px Inter Variable" };
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HIGH,
        legend: { show: false },
        padding: [10, 14, 0, 0],
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
        scales: { x: { time: true, range: (_u, min, max) => [Math.max(from, min), max] }, y: { range: () => [lowest < 0 ? Math.min(-0.25, lowest) : 0, 1.02] } },
        axes: [
          { ...axis, grid: { show: false }, size: 24, space: 76, values: (u, ticks) => ticks.map((tick) => ((u.scales.x?.max ?? 0) - (u.scales.x?.min ?? 0) > 3 * 86_400 ? day : clock).format(tick * 1000)) },
          { ...axis, size: 46, values: (_u, ticks) => ticks.map((tick) => `${Math.round(tick * 100)} %`) },
        ],
        series: [
          {},
          { stroke: token("accent"), width: 1.75, fill: `color-mix(in oklab, ${token("accent")} 12%, transparent)`, fillTo: 0, points: { show: points.length < 3 } },
          { stroke: token("muted"), width: 1, dash: [4, 4], points: { show: false } },
        ],
        hooks: { setCursor: [(u) => setAt(u.cursor.idx ?? undefined)] },
      },
      [times, left, pace],
      element,
    );
    const resize = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HIGH }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      plot.destroy();
    };
  }, [points, from, to, theme]);
  const last = points.at(-1);
  const point = at === undefined ? undefined : points[at];
  return (
    <figure className="min-w-0">
      <figcaption className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 pt-2 text-2xs text-muted">
        <span className="flex items-center gap-1.5">
          <i aria-hidden className="size-2 rounded-xs bg-accent" /> budget left
        </span>
        <span className="flex items-center gap-1.5">
          <i aria-hidden className="block w-4 border-t-2 border-dashed border-current" /> the pace that lasts
        </span>
        <span className="num ml-auto min-h-4">{point ? `${moment.format(Date.parse(point.start))}: ${leftWords(point.left)}; ${events(point.bad)} bad, ${events(point.good)} good` : ""}</span>
      </figcaption>
      <div ref={place} role="img" aria-label={last ? `Budget over the period; at last ${leftWords(last.left)}` : "Budget over the period"} className="w-full min-w-0" style={{ height: HIGH }} />
    </figure>
  );
}
