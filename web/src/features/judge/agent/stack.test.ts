import { expect, test } from "vitest";
import { stack } from "./stack";

const count = (bucket: string, mode: string, runs: number) => ({ bucket, mode, mode_name: mode.toUpperCase(), runs });
const DAYS = ["2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"] as const;

test("commonest first, and the rare gathered", () => {
  const { legend, bars } = stack([count(DAYS[0], "a", 1), count(DAYS[0], "b", 5), count(DAYS[1], "c", 2), count(DAYS[1], "d", 1)], DAYS, 3);
  expect(legend.map((each) => [each.mode, each.runs])).toEqual([["b", 5], ["c", 2], [null, 2]]);
  expect(bars.map((bar) => bar.runs)).toEqual([[5, 0, 1], [0, 2, 1]]);
  expect(bars.map((bar) => bar.total)).toEqual([6, 3]);
});

test("nothing is lost where all fit, and a day without failures is a bar without height", () => {
  const { legend, bars } = stack([count(DAYS[0], "a", 2)], DAYS);
  expect(legend).toEqual([{ mode: "a", name: "A", runs: 2 }]);
  expect(bars[1]).toEqual({ start: DAYS[1], total: 0, runs: [0] });
});

test("times are compared as times, however they are written", () => {
  const { bars } = stack([count("2026-11-01T00:00:00.000000Z", "a", 2)], [DAYS[0]]);
  expect(bars[0]?.total).toBe(2);
});
