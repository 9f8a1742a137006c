import { describe, expect, it } from "vitest";
import type { Bound } from "./bounds";
import { draftOf, readDraft } from "./raised";

const used = (name: Bound["name"]): Bound => ({ name, label: "", value: 1, most: 1, usual: undefined, words: "", usedUp: true });

describe("a budget that is raised", () => {
  const budget = { reruns: 3, calls: null, usd: 0.5, seconds: 90 };

  it("raises what was used up, and leaves the rest", () => {
    expect(draftOf(budget, [used("reruns")])).toEqual({ reruns: "23", calls: "", usd: "0.5", seconds: "1.5" });
    expect(draftOf(budget, [used("seconds")]).seconds).toBe("3");
  });

  it("is read back as it was, where nothing is changed", () => {
    expect(readDraft(draftOf(budget, []))).toEqual(budget);
  });

  it("has no bound where nothing is typed", () => {
    expect(readDraft({ reruns: " ", calls: "x", usd: "", seconds: "2" })).toEqual({ reruns: null, calls: null, usd: null, seconds: 120 });
  });
});
