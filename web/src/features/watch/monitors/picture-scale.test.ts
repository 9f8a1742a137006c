import { describe, expect, it } from "vitest";
import { columns, FLOOR, marksOf, shareRange, together, wilson } from "./picture-scale";
import type { Point } from "./types";

const point = (hour: number, n: number, mean: number, evidence = 0, baseline: number | null = 0.08): Point => ({
  start: new Date(Date.UTC(2026, 0, 1, hour)).toISOString(),
  width_s: 3600,
  n,
  mean,
  low: 0,
  high: 1,
  baseline,
  evidence,
});

describe("together", () => {
  it("leaves buckets that hold enough as they are", () => {
    const points = [point(0, 40, 0.1), point(1, 30, 0.2)];
    expect(together(points)).toEqual({ points, width: 3600 });
  });
  it("adds up small ones, keeps every result, and takes the highest evidence", () => {
    const found = together(Array.from({ length: 24 }, (_, hour) => point(hour, 5, hour < 12 ? 0 : 0.4, hour / 24)));
    expect(found.width).toBe(4 * 3600);
    expect(found.points.reduce((sum, each) => sum + each.n, 0)).toBe(120);
    expect(found.points[0]?.mean).toBe(0);
    expect(found.points.at(-1)?.mean).toBeCloseTo(0.4);
    expect(found.points.at(-1)?.evidence).toBeCloseTo(23 / 24);
  });
  it("has nothing of nothing", () => expect(together([]).points).toEqual([]));
});

describe("columns", () => {
  it("says shares as people do, and leaves a gap where nothing was seen", () => {
    const drawn = columns([point(0, 40, 0.1, 1e-9), point(1, 40, 0.2), point(9, 40, 0.3)], { shown_as: "good" });
    expect(drawn.mean).toEqual([0.9, 0.8, null, 0.7]);
    expect(drawn.low[0]).toBe(0);
    expect(drawn.evidence.slice(0, 2)).toEqual([FLOOR, null]);
  });
  it("draws no evidence while it learns", () => expect(columns([point(0, 40, 0.1, 0, null)], { shown_as: "bad" }).evidence).toEqual([null]));
});

it("the interval holds the share and stays within 0 and 1", () => {
  for (const [share, n] of [[0, 3], [1, 3], [0.5, 10], [0.93, 412]] as const) {
    const [low, high] = wilson(share, n);
    expect(low).toBeGreaterThanOrEqual(0);
    expect(high).toBeLessThanOrEqual(1);
    expect(low).toBeLessThanOrEqual(share + 1e-9);
    expect(high).toBeGreaterThanOrEqual(share - 1e-9);
  }
});

it("the share axis holds what was seen", () => {
  expect(shareRange({ mean: [0.94, 0.79], baseline: [0.92] })).toEqual([0.7, 1]);
  expect(shareRange({ mean: [null], baseline: [] })).toEqual([0, 1]);
});

it("marks are those of the time that is drawn; one that stands reaches to its end", () => {
  const release = { at: "2026-01-01T00:00:00Z", release: "1.0" };
  const incident = { id: "i", number: 4, title: "it fell", opened_at: "2025-12-01T00:00:00Z", resolved_at: null };
  const [from, to] = [Date.UTC(2026, 0, 2) / 1000, Date.UTC(2026, 0, 3) / 1000];
  expect(marksOf(from, to, { releases: [release], incidents: [incident] }).map((each) => each.kind)).toEqual(["incident"]);
  expect(marksOf(from, to, { incidents: [{ ...incident, resolved_at: "2025-12-02T00:00:00Z" }] })).toEqual([]);
});
