import { expect, test } from "vitest";
import { windowOf } from "./windowed";

const rows = { row: 48, count: 500 };

test("at the top the first rows are drawn, those below the fold and a few more", () => {
  expect(windowOf({ scrollTop: 0, clientHeight: 800 }, 400, rows)).toEqual([0, 21]);
});

test("in the middle those in view are drawn, with some on either side", () => {
  const [from, to] = windowOf({ scrollTop: 10_400, clientHeight: 800 }, 400, rows);
  expect(from).toBeLessThanOrEqual(208);
  expect(to).toBeGreaterThanOrEqual(225);
  expect(to - from).toBeLessThan(60);
});

test("at the end nothing beyond the last row is asked for, whatever was scrolled", () => {
  expect(windowOf({ scrollTop: 1_000_000, clientHeight: 800 }, 400, rows)).toEqual([500, 500]);
  expect(windowOf({ scrollTop: 24_000, clientHeight: 800 }, 400, rows)[1]).toBe(500);
});
