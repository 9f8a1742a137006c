import { describe, expect, test } from "vitest";
import { UNKNOWN, age, bytes, compact, count, duration, lengthOfTime, money, percent } from "./format";

describe("unknown is never zero", () => {
  test.each([count, compact, duration, money, bytes, percent])("%o", (write) => {
    expect(write(null)).toBe(UNKNOWN);
    expect(write(undefined)).toBe(UNKNOWN);
    expect(write(0)).not.toBe(UNKNOWN);
  });
});

test.each([
  [0, "0 ms"],
  [0.02, "<0.1 ms"],
  [0.44, "0.4 ms"],
  [7, "7 ms"],
  [840.4, "840 ms"],
  [999.6, "1.00 s"],
  [3214, "3.21 s"],
  [59_960, "1 m 00 s"],
  [125_000, "2 m 05 s"],
  [3_720_000, "1 h 02 m"],
  [86_400_000 * 3, "3.0 d"],
])("duration %d ms is %s", (ms, text) => expect(duration(ms)).toBe(text));

test.each([
  [0, "$0"],
  [0.0000004, "<$0.000001"],
  [0.000042, "$0.000042"],
  [0.0173, "$0.0173"],
  [0.1, "$0.10"],
  [0.25, "$0.25"],
  [1.239, "$1.24"],
  [12_400.4, "$12,400"],
])("money %d is %s", (usd, text) => expect(money(usd)).toBe(text));

test.each([
  [0.941, "94.1 %"],
  [1, "100 %"],
  [0.9999, ">99.9 %"],
  [0.0001, "<0.1 %"],
  [0, "0 %"],
])("share %d is %s", (share, text) => expect(percent(share)).toBe(text));

test.each([
  [940, "940"],
  [12_345, "12.3k"],
  [4_500_000, "4.5M"],
  [999_700, "1M"],
])("compact %d is %s", (value, text) => expect(compact(value)).toBe(text));

test.each([
  [1, "now"],
  [12, "12 s ago"],
  [250, "4 m ago"],
  [3 * 3600 + 5, "3 h ago"],
  [86_400 * 45, "1 mo ago"],
  [-5, "now"],
])("age of %d seconds is %s", (seconds, text) => {
  const now = new Date("2026-11-22T12:00:00Z");
  expect(age(new Date(now.getTime() - seconds * 1000), now)).toBe(text);
});

test("round lengths of time", () => {
  expect([30, 900, 3600, 28_800, 86_400, 172_800, 604_800, 90].map(lengthOfTime)).toEqual(["30 s", "15 min", "1 h", "8 h", "day", "2 days", "week", "90 s"]);
});
