import { expect, test } from "vitest";
import { apiRange, boundMs, bucketSeconds } from "./time-range";

test("all time sends no bound, nothing sends the default", () => {
  expect(apiRange({ from: "all" })).toEqual({});
  expect(apiRange({})).toEqual({ from: "-7d" });
  expect(apiRange({ from: "2026-11-01T00:00:00Z", to: "2026-11-02T00:00:00Z" })).toEqual({ from: "2026-11-01T00:00:00Z", to: "2026-11-02T00:00:00Z" });
});

test("bounds", () => {
  const now = Date.parse("2026-11-22T00:00:00Z");
  expect(boundMs("-24h", now)).toBe(now - 86_400_000);
  expect(boundMs("2026-11-21T00:00:00Z", now)).toBe(now - 86_400_000);
  expect(boundMs("all", now)).toBeUndefined();
  expect(boundMs("yesterday", now)).toBeUndefined();
});

test.each([
  [3_600_000, 60],
  [86_400_000, 3600],
  [7 * 86_400_000, 10_800],
  [90 * 86_400_000, 604_800],
])("a span of %d ms has buckets of %d s", (span, bucket) => {
  expect(bucketSeconds(span)).toBe(bucket);
});
