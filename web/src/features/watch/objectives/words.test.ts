import { expect, it } from "vitest";
import { aimWords, correctionWords, exhaustionWords, leftWords, rateWords } from "./words";

it("says what is left of a budget without claiming all or nothing that is not so", () => {
  expect([1, 0.999, 0.62, 0.001, 0, -1.4].map(leftWords)).toEqual(["100 % left", "99 % left", "62 % left", "used up", "used up", "overdrawn by 140 %"]);
});

it("says when a budget is used up", () => {
  expect([null, 0, 7200].map((exhausted_in_seconds) => exhaustionWords({ exhausted_in_seconds }))).toEqual(["not before the period ends", "now", "in 2 h 00 m"]);
});

it("says what is aimed at", () => {
  const window = { days: 28, unit: "month", count: 1, start: "", time_zone: "UTC" } as const;
  expect(aimWords({ indicator: { kind: "completion", score: "" }, target: 0.95, window })).toBe("completion for 95 %, over 28 days");
  expect(aimWords({ indicator: { kind: "latency", threshold: 3200, score: "" }, target: 0.99, window: { ...window, days: 0 } })).toBe("latency within 3.20 s for 99 %, each month");
  expect(rateWords(14.4)).toBe("14.4×");
});

it("says how far a share is corrected for the judge's error", () => {
  const few = { state: "too_few_labels", value: null, low: null, high: null, raw: 0.9, labels: 3, labels_needed: 10, judged_alone: 400, note: "" } as const;
  expect(correctionWords(few)).toBe("uncorrected: 3 of 10 labels");
  expect(correctionWords({ ...few, state: "corrected", labels: 120, value: 0.8, low: 0.72, high: 0.88 })).toBe("corrected 80 % (72 % to 88 %) by 120 labels; by counts 90 %");
  expect(correctionWords({ ...few, state: "not_needed" })).toBeUndefined();
  expect(correctionWords(null)).toBeUndefined();
});
