import { expect, test } from "vitest";
import type { Calibration, Finding } from "../types";
import { allMarks, binOf, inOrder, marksAt, marksOf, suchRuns } from "./evidence";

const finding = (detector: string, spans: (string | null)[], more: Partial<Finding> = {}): Finding => ({
  detector,
  title: detector,
  version: 1,
  confidence: 0.5,
  suspicious: true,
  mode: null,
  mode_name: null,
  reason: "because",
  tool: null,
  evidence: spans.map((span_id) => ({ span_id, place: span_id ? "output" : "answer", excerpt: "x", start: 0, end: 1 })),
  ...more,
});

const bin = (low: number, high: number, n: number, observed: number | null) => ({ low, high, n, predicted: (low + high) / 2, observed, observed_low: null, observed_high: null });
const calibration: Calibration = { n: 50, failures: 45, auc: 0.8, base_rate: 0.9, brier: 0.1, ece: 0.02, fitted_on: "", bins: [bin(0, 0.5, 0, null), bin(0.5, 0.9, 29, 24 / 29), bin(0.9, 1, 21, 1)] };

test("a step carries each finding once, however often it is quoted there", () => {
  const marks = marksOf([finding("a", ["s1", "s1", "s2"]), finding("b", ["s2", null])]);
  expect(marks.get("s1")?.map((each) => each.detector)).toEqual(["a"]);
  expect(marks.get("s2")?.map((each) => each.detector)).toEqual(["a", "b"]);
  expect(marks.size).toBe(2);
});

test("evidence has names by its place, and the run as a whole has that of no step", () => {
  const findings = [finding("a", ["s1"]), finding("b", ["s2", null])];
  expect(allMarks(findings).map((mark) => mark.name)).toEqual(["0.0", "1.0", "1.1"]);
  expect(marksAt(findings, "s2").map((mark) => mark.name)).toEqual(["1.0"]);
  expect(marksAt(findings, undefined).map((mark) => mark.name)).toEqual(["1.1"]);
});

test("a probability belongs to one bin, certainty to the last", () => {
  expect(binOf(calibration, 0.5)?.n).toBe(29);
  expect(binOf(calibration, 0.9)?.n).toBe(21);
  expect(binOf(calibration, 1)?.n).toBe(21);
});

test("such runs are counted, and unknown where there was none", () => {
  expect(suchRuns(calibration, 0.83)).toEqual({ failed: 24, n: 29, low: null, high: null });
  expect(suchRuns(calibration, 0.1)).toBeUndefined();
});

test("what speaks for a failure comes first", () => {
  const order = inOrder([finding("quiet", [], { suspicious: false, confidence: 1 }), finding("weak", []), finding("sure", [], { confidence: 0.9 })]);
  expect(order.map((each) => each.detector)).toEqual(["sure", "weak", "quiet"]);
});
