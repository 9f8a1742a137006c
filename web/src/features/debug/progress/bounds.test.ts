import { describe, expect, it } from "vitest";
import type { InquiryRow } from "../types";
import { boundsOf, honestWords, usualReruns } from "./bounds";

const NONE = { reruns: null, calls: null, usd: null, seconds: null };
const bisect = (more: Partial<InquiryRow> = {}) =>
  ({ kind: "bisect", steps: 39, progress: { done: 5, planned: 12, running: 1 }, budget: { ...NONE, reruns: 40 }, spent: { reruns: 5, calls: 70, usd: 0.002, seconds: 61 }, ...more }) as InquiryRow;

describe("how far an inquiry is", () => {
  it("measures a bisect against its budget, and says where it usually ends", () => {
    const [reruns, cost, asked, time] = boundsOf(bisect());
    expect(reruns).toMatchObject({ value: 5, most: 40, usual: 12, words: "5 of at most 40 · 1 under way", usedUp: false });
    expect(cost).toMatchObject({ words: "$0.002", most: null });
    expect(asked?.words).toBe("70 calls");
    expect(time?.words).toBe("1 m 01 s");
  });

  it("promises no number where none is known", () => {
    expect(boundsOf(bisect({ budget: NONE }))[0]).toMatchObject({ most: null, usual: 12, words: "5 · 1 under way" });
    expect(honestWords(bisect({ budget: NONE }))).toContain("No bound on reruns");
  });

  it("marks no usual end behind the budget's", () => {
    expect(boundsOf(bisect({ budget: { ...NONE, reruns: 8 } }))[0]?.usual).toBeUndefined();
  });

  it("knows beforehand how often a replay is made", () => {
    const replay = bisect({ kind: "replay", progress: { done: 2, planned: 5, running: 0 } });
    expect(boundsOf(replay)[0]).toMatchObject({ most: 5, usual: undefined, words: "2 of 5" });
    expect(honestWords(replay)).toBe("");
  });

  it("says which bound is used up", () => {
    const over = boundsOf(bisect({ budget: { ...NONE, usd: 0.002 } }));
    expect(over.filter((each) => each.usedUp).map(({ name }) => name)).toEqual(["usd"]);
    expect(over[1]?.words).toBe("$0.002 of at most $0.002");
  });

  it("says so when more is taken than a steady agent would", () => {
    expect(usualReruns(9)).toBe(8);
    expect(honestWords(bisect({ progress: { done: 15, planned: 15, running: 0 } }))).toMatch(/^More than the 12/);
  });
});
