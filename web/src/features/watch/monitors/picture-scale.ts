import { boundMs } from "@/client/time-range";
import type { Alarm, Monitor, Point } from "./types";
import { shown } from "./words";

/** What the picture draws, as columns on one time axis; Unix seconds. */
export interface Drawn {
  times: number[];
  mean: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  baseline: (number | null)[];
  evidence: (number | null)[];
  n: number[];
  /** Of the buckets, after those that were too small were drawn together. */
  width: number;
}

/** Evidence below this share of the threshold is drawn at the floor: it says nothing. */
export const FLOOR = 1e-3;

/** Buckets of this many results at least, where there are so many: what one run does to a rate is no picture. */
const SENSIBLE_N = 20;
const MOST_TOGETHER = 24;

/** Draws neighbouring buckets together until a bucket holds a sensible number of results on average. */
export function together(points: readonly Point[]): { points: Point[]; width: number } {
  const first = points[0];
  if (!first) return { points: [], width: 0 };
  const width = first.width_s;
  const mean = points.reduce((sum, point) => sum + point.n, 0) / points.length;
  const by = mean >= SENSIBLE_N ? 1 : ([2, 3, 4, 6, 8, 12, 24].find((each) => mean * each >= SENSIBLE_N) ?? MOST_TOGETHER);
  if (by === 1) return { points: [...points], width };
  const groups = new Map<number, Point[]>();
  for (const point of points) {
    const start = Math.floor(Date.parse(point.start) / 1000 / (width * by)) * width * by;
    groups.set(start, [...(groups.get(start) ?? []), point]);
  }
  return { width: width * by, points: [...groups].map(([start, group]) => summed(start, width * by, group)) };
}

function summed(start: number, width: number, group: readonly Point[]): Point {
  const n = group.reduce((sum, point) => sum + point.n, 0);
  const mean = n ? group.reduce((sum, point) => sum + (point.mean ?? 0) * point.n, 0) / n : null;
  const [low, high] = mean === null ? [null, null] : wilson(mean, n);
  return { start: new Date(start * 1000).toISOString(), width_s: width, n, mean, low, high, baseline: group.findLast((point) => point.baseline !== null)?.baseline ?? null, evidence: Math.max(...group.map((point) => point.evidence)) };
}

/** 95 % interval of a share (Wilson 1927). */
export function wilson(share: number, n: number): [number, number] {
  const z = 1.96;
  const middle = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** The columns, with a gap (null) where a bucket is missing, so that no line crosses what was not seen; evidence has one while it learns, and while an alarm stands. */
export function columns(found: readonly Point[], monitor: Pick<Monitor, "shown_as">): Drawn {
  const { points, width } = together(found);
  const drawn: Drawn = { times: [], mean: [], low: [], high: [], baseline: [], evidence: [], n: [], width };
  const say = (share: number | null) => (share === null ? null : shown(monitor, share));
  let expected: number | undefined;
  for (const point of points) {
    const at = Date.parse(point.start) / 1000 + point.width_s / 2;
    if (expected !== undefined && at - expected > width * 1.5) add(drawn, (at + expected) / 2);
    const [low, high] = monitor.shown_as === "good" ? [point.high, point.low] : [point.low, point.high];
    add(drawn, at, { mean: say(point.mean), low: say(low), high: say(high), baseline: say(point.baseline), evidence: point.baseline === null || point.evidence === 0 ? null : Math.max(FLOOR, point.evidence), n: point.n });
    expected = at;
  }
  return drawn;
}

type Row = { mean: number | null; low: number | null; high: number | null; baseline: number | null; evidence: number | null; n: number };

function add(drawn: Drawn, at: number, row: Row = { mean: null, low: null, high: null, baseline: null, evidence: null, n: 0 }) {
  drawn.times.push(at);
  for (const key of ["mean", "low", "high", "baseline", "evidence"] as const) drawn[key].push(row[key]);
  drawn.n.push(row.n);
}

/** A sensible range of the share axis: what was seen, with some room, within 0 and 1. */
export function shareRange(drawn: Pick<Drawn, "mean" | "baseline">): [number, number] {
  const seen = [...drawn.mean, ...drawn.baseline].filter((each) => each !== null);
  if (seen.length === 0) return [0, 1];
  const [low, high] = [Math.min(...seen), Math.max(...seen)];
  const room = Math.max(0.02, (high - low) * 0.35);
  const tenth = (value: number, round: (x: number) => number) => round(value * 20) / 20;
  return [Math.max(0, tenth(low - room, Math.floor)), Math.min(1, tenth(high + room, Math.ceil))];
}

export interface Mark {
  kind: "release" | "alarm" | "incident";
  id: string;
  at: number;
  /** When it was over; undefined while it stands, null for what is a moment. */
  until: number | undefined | null;
  label: string;
  /** Of an alarm: when the change probably began. */
  since?: number;
}

interface Incident {
  id: string;
  number: number;
  title: string;
  opened_at: string;
  resolved_at: string | null;
}

/** Releases, alarms and incidents that fall into [from, to] (Unix seconds), oldest first. */
export function marksOf(from: number, to: number, { releases = [], alarms = [], incidents = [] }: { releases?: readonly { at: string; release: string }[]; alarms?: readonly Alarm[]; incidents?: readonly Incident[] }): Mark[] {
  const seconds = (at: string) => (boundMs(at, 0) ?? 0) / 1000;
  const over = (at: string | null) => (at === null ? undefined : seconds(at));
  const marks: Mark[] = [
    ...releases.map((each): Mark => ({ kind: "release", id: each.release, at: seconds(each.at), until: null, label: each.release })),
    ...alarms.map((each): Mark => ({ kind: "alarm", id: each.id, at: seconds(each.at), until: over(each.cleared_at), label: each.title, ...(each.since ? { since: seconds(each.since) } : {}) })),
    ...incidents.map((each): Mark => ({ kind: "incident", id: each.id, at: seconds(each.opened_at), until: over(each.resolved_at), label: `Incident ${each.number}: ${each.title}` })),
  ];
  return marks.filter((mark) => mark.at <= to && (mark.until === null ? mark.at >= from : (mark.until ?? to) >= from)).sort((a, b) => a.at - b.at);
}
