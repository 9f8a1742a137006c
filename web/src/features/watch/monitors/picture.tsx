import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import { count, percent } from "@/ui/format";
import { interval } from "@/ui/rate";
import { useTheme } from "@/ui/theme";
import { MarkLane } from "./mark-lane";
import { columns, FLOOR, shareRange, type Drawn, type Mark } from "./picture-scale";
import type { Monitor, Point } from "./types";
import { shareWords, widthWords } from "./words";

const AXIS = 46;
const PAD = 14;
const HIGH = { quality: 190, evidence: 110, volume: 56 };

const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const moment = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

function timeLabel(at: number, before: number | undefined): string {
  const date = new Date(at * 1000);
  const midnight = date.getHours() === 0 && date.getMinutes() === 0;
  return midnight || (before !== undefined && at - before >= 86_400) ? day.format(date) : clock.format(date);
}

interface PictureProps {
  points: readonly Point[];
  monitor: Pick<Monitor, "shown_as" | "signal_title" | "agent">;
  /** Unix seconds: the ends of the axis. */
  from: number;
  to: number;
  marks: readonly Mark[];
  /** The range a person drew with the mouse, Unix seconds. */
  onRange?: (from: number, to: number) => void;
}

/**
 * Quality with its interval and baseline, evidence against its threshold, and results, on one time axis; releases,
 * alarms and incidents stand in a lane above it and run through all three.
 */
export function Picture({ points, monitor, from, to, marks, onRange }: PictureProps) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useMemo(() => columns(points, monitor), [points, monitor]);
  const [at, setAt] = useState<number>();
  const theme = useTheme();
  const zoom = useRef(onRange);
  useEffect(() => {
    zoom.current = onRange;
  });
  useEffect(() => {
    const element = place.current;
    if (!element || drawn.times.length === 0) return;
    const plots = draw(element, drawn, { from, to, marks, onHover: setAt, onRange: (start, end) => zoom.current?.(start, end) });
    const resize = new ResizeObserver(() => plots.forEach((plot) => plot.setSize({ width: element.clientWidth, height: plot.height })));
    resize.observe(element);
    return () => {
      resize.disconnect();
      plots.forEach((plot) => plot.destroy());
    };
  }, [drawn, from, to, marks, theme]);
  return (
    <figure className="min-w-0">
      <figcaption className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 pt-2 text-2xs text-muted">
        <Key look="bg-accent" name={monitor.signal_title} />
        <Key look="bg-accent/25" name="its 95 % interval" />
        <Key look="border-t-2 border-dashed border-current" name="baseline that is bet against" line />
        <Key look="bg-warn-mark" name="evidence" />
        <Key look="border-t-2 border-bad-mark" name="threshold" line />
        <span className="num ml-auto min-h-4 max-w-full truncate">{at === undefined ? `${widthWords(drawn.width)}; drag to look closer` : readout(drawn, at, monitor)}</span>
      </figcaption>
      <MarkLane from={from} to={to} marks={marks} agent={monitor.agent} />
      <div ref={place} role="img" aria-label={spoken(drawn, monitor)} className="w-full min-w-0" style={{ minHeight: HIGH.quality + HIGH.evidence + HIGH.volume }} />
    </figure>
  );
}

const Key = ({ look, name, line = false }: { look: string; name: string; line?: boolean }) => (
  <span className="flex items-center gap-1.5">
    <i aria-hidden className={line ? `block w-4 ${look}` : `size-2 rounded-xs ${look}`} /> {name}
  </span>
);

function readout(drawn: Drawn, index: number, monitor: Pick<Monitor, "signal_title">): string {
  const when = moment.format((drawn.times[index] ?? 0) * 1000 - drawn.width * 500);
  const [mean, low, high, evidence] = [drawn.mean[index], drawn.low[index], drawn.high[index], drawn.evidence[index]];
  if (mean == null) return `${when}: nothing was seen`;
  const within = low != null && high != null ? ` ${interval(mean, low, high)}` : "";
  return `${when}: ${monitor.signal_title} ${percent(mean)}${within}, n ${count(drawn.n[index])}${evidence == null ? "" : ` · evidence ${evidence <= FLOOR ? "none" : `${shareWords(evidence)} of the threshold`}`}`;
}

function spoken(drawn: Drawn, monitor: Pick<Monitor, "signal_title">): string {
  const seen = drawn.mean.filter((each) => each !== null);
  if (seen.length === 0) return `${monitor.signal_title}: nothing was seen in this time`;
  const peak = Math.max(0, ...drawn.evidence.map((each) => each ?? 0));
  return `${monitor.signal_title} over time: first ${percent(seen[0])}, last ${percent(seen.at(-1))}, lowest ${percent(Math.min(...seen))}, highest ${percent(Math.max(...seen))}; evidence reached ${shareWords(peak)} of the threshold`;
}

interface Drawing {
  from: number;
  to: number;
  marks: readonly Mark[];
  onHover: (index: number | undefined) => void;
  onRange: (from: number, to: number) => void;
}

function draw(element: HTMLElement, drawn: Drawn, { from, to, marks, onHover, onRange }: Drawing): uPlot[] {
  const sync = uPlot.sync(`picture-${Math.random()}`);
  const axis = { stroke: token("faint"), grid: { stroke: token("line"), width: 1 }, ticks: { show: false }, font: "11px Inter Variable" };
  const base = (height: number, last: boolean): Pick<uPlot.Options, "width" | "height" | "legend" | "cursor" | "padding" | "hooks"> & { x: uPlot.Axis } => ({
    width: element.clientWidth,
    height,
    legend: { show: false },
    padding: [8, PAD, last ? 0 : 4, 0],
    cursor: { y: false, points: { show: false }, sync: { key: sync.key, setSeries: false }, drag: { x: true, y: false, setScale: false } },
    hooks: {
      drawClear: [(u) => lines(u, marks, to)],
      setCursor: [(u) => onHover(u.cursor.idx ?? undefined)],
      setSelect: [
        (u) => {
          if (u.select.width > 4) onRange(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
    x: { ...axis, grid: { show: false }, space: 76, size: last ? 24 : 0, show: true, values: (_u, ticks) => (last ? ticks.map((each, i) => timeLabel(each, ticks[i - 1])) : ticks.map(() => "")) },
  });
  const x: uPlot.Scale = { time: true, range: () => [from, to] };
  const y = (values: (tick: number) => string, splits: number[] | undefined): uPlot.Axis => ({ ...axis, size: AXIS, space: 36, ...(splits ? { splits: () => splits, filter: (_u: uPlot, ticks: number[]) => ticks } : {}), values: (_u, ticks) => ticks.map(values) });
  const [low, high] = shareRange(drawn);
  const quality = base(HIGH.quality, false);
  const accent = token("accent");
  const quality_ = new uPlot(
    {
      ...quality,
      scales: { x, y: { range: () => [low, high] } },
      axes: [quality.x, y((tick) => percent(tick), undefined)],
      bands: [{ series: [2, 1], fill: `color-mix(in oklab, ${accent} 16%, transparent)` }],
      series: [
        {},
        { stroke: "transparent", points: { show: false } },
        { stroke: "transparent", points: { show: false } },
        { stroke: accent, width: 1.75, points: { show: drawn.times.length < 120, size: 4, fill: accent } },
        { stroke: token("muted"), width: 1.25, dash: [5, 4], points: { show: false } },
      ],
    },
    [drawn.times, drawn.low, drawn.high, drawn.mean, drawn.baseline],
    element,
  );
  const evidence = base(HIGH.evidence, false);
  const top = Math.max(2, ...drawn.evidence.map((each) => (each ?? 0) * 2));
  const evidence_ = new uPlot(
    {
      ...evidence,
      // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- 3 is logarithmic; its name is a type only
      scales: { x, y: { distr: 3, range: () => [FLOOR, 10 ** Math.ceil(Math.log10(top))] } },
      axes: [evidence.x, y((tick) => (tick === FLOOR ? "none" : shareWords(tick)), [FLOOR, 0.01, 0.1, 1])],
      hooks: { ...evidence.hooks, draw: [threshold] },
      series: [{}, { stroke: token("warn-mark"), width: 1.75, fill: `color-mix(in oklab, ${token("warn-mark")} 14%, transparent)`, fillTo: FLOOR, points: { show: false } }],
    },
    [drawn.times, drawn.evidence],
    element,
  );
  const volume = base(HIGH.volume + 24, true);
  const most = Math.max(1, ...drawn.n);
  const bars = uPlot.paths.bars?.({ size: [0.8, 24] });
  const volume_ = new uPlot(
    {
      ...volume,
      scales: { x, y: { range: () => [0, most] } },
      axes: [volume.x, y((tick) => (tick ? `n ${count(tick)}` : ""), [0, most])],
      series: [{}, { fill: token("chart-runs"), stroke: token("chart-runs"), width: 0, points: { show: false }, ...(bars ? { paths: bars } : {}) }],
    },
    [drawn.times, drawn.n],
    element,
  );
  const plots = [quality_, evidence_, volume_];
  plots.forEach((plot) => sync.sub(plot));
  return plots;
}

/** The threshold: an alarm where evidence reaches it. */
function threshold(u: uPlot): void {
  const { ctx, bbox } = u;
  const y = u.valToPos(1, "y", true);
  ctx.save();
  ctx.strokeStyle = token("bad-mark");
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

/** Marks run through the chart behind its lines: releases dashed, alarms red, incidents as a shade. */
function lines(u: uPlot, marks: readonly Mark[], to: number): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const mark of marks) {
    const x = u.valToPos(mark.at, "x", true);
    if (mark.kind === "alarm" && mark.since !== undefined) {
      const began = u.valToPos(mark.since, "x", true);
      ctx.fillStyle = token("bad-soft");
      ctx.globalAlpha = 0.7;
      ctx.fillRect(began, bbox.top, u.valToPos(mark.until ?? to, "x", true) - began, bbox.height);
      ctx.globalAlpha = 1;
    }
    if (mark.kind === "incident") {
      ctx.fillStyle = token("bad-soft");
      ctx.fillRect(x, bbox.top, u.valToPos(mark.until ?? to, "x", true) - x, bbox.height);
      continue;
    }
    ctx.strokeStyle = token(mark.kind === "alarm" ? "bad-mark" : "kind-workflow");
    ctx.lineWidth = (mark.kind === "alarm" ? 1.5 : 1) * devicePixelRatio;
    ctx.setLineDash(mark.kind === "alarm" ? [] : [3 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
