import { describe, expect, it } from "vitest";
import type { Rerun } from "../types";
import { flipOf, massOf, middleOf, numberEvery, peakOf, percentage, saidOf, spoken, startOf } from "./layout";

const rerun = (number: number, at: number | null, passed: boolean | null, more: Partial<Rerun> = {}): Rerun =>
  ({ number, switch: at, passed, only: false, state: "done", ending: "answered", ...more }) as Rerun;

describe("the picture of a bisect", () => {
  it("puts the first step at the beginning and the last before the end", () => {
    expect(startOf(1, 40)).toBe(0);
    expect(middleOf(40, 40)).toBeLessThan(1);
    expect(percentage(startOf(21, 40))).toBe("50.000%");
  });

  it("numbers as many steps as there is room for", () => {
    expect(numberEvery(12, 900)).toBe(1);
    expect(numberEvery(40, 300)).toBe(5);
    expect(numberEvery(5000, 300)).toBe(500);
    expect(numberEvery(0, 0)).toBe(1);
  });

  it("says what a rerun came to, also before it is over", () => {
    expect(saidOf(rerun(1, 3, true))).toBe("passed");
    expect(saidOf(rerun(1, 3, false))).toBe("failed");
    expect(saidOf(rerun(1, 3, null))).toBe("nothing");
    expect(saidOf(rerun(1, 3, null, { state: "taken" }))).toBe("running");
    expect(saidOf(rerun(1, 3, null, { state: "waiting" }))).toBe("waiting");
  });

  it("does not call a rerun failed that the search does not count", () => {
    const uncounted = new Map([[1, "the agent made no call through the gateway"]]);
    expect(saidOf(rerun(1, 3, false), uncounted)).toBe("nothing");
    expect(saidOf(rerun(2, 3, false), uncounted)).toBe("failed");
    expect(flipOf([rerun(3, 2, true), rerun(1, 3, false)], uncounted)?.failed).toBeUndefined();
  });

  it("writes the likeliest once, however many steps share it", () => {
    expect(peakOf([0, 0.1, 0.8, 0.1])).toEqual({ share: 0.8, steps: [2], middle: 2 });
    expect(peakOf([0.2, 0.2, 0.3, 0.3])).toMatchObject({ steps: [2, 3], middle: 2.5 });
    expect(peakOf([0, 0.4, 0.2, 0.4])?.middle).toBeUndefined();
    expect(peakOf([1, 0, 0])).toBeUndefined();
  });

  it("finds the two switches between which it flips", () => {
    const flip = flipOf([rerun(1, 1, true), rerun(2, 9, false), rerun(3, 5, true), rerun(4, 7, false), rerun(5, 6, null), rerun(6, 8, true, { only: true })]);
    expect(flip?.passed.number).toBe(3);
    expect(flip?.failed?.number).toBe(4);
    expect(flipOf([rerun(1, 1, false)])).toBeUndefined();
    expect(flipOf([rerun(1, 4, true)])?.failed).toBeUndefined();
  });

  it("does not let a failure before the last success count as the other side of the flip", () => {
    expect(flipOf([rerun(1, 2, false), rerun(2, 6, true)])?.failed).toBeUndefined();
  });

  it("has a mass for each step, also while nothing is known", () => {
    expect(massOf(undefined, 3)).toEqual([0, 0, 0, 0]);
    expect(massOf([0.1, 0.2], 2)).toEqual([0.1, 0.2, 0]);
  });

  it("reads aloud what it shows", () => {
    expect(spoken([rerun(1, 1, true), rerun(2, 4, null, { state: "waiting" })], 8, null)).toBe("8 steps; 2 reruns: 1 succeeded, 0 failed; 1 to come; no step found yet");
  });
});
