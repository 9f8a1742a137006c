import { describe, expect, it } from "vitest";
import { bisectFinding, forkFinding, replayFinding, type ReplayFinding } from "./finding";

describe("what an inquiry found", () => {
  it("is read by its kind alone", () => {
    const finding: ReplayFinding = { kind: "replay", outcome: "diverged", outcomes: { diverged: 1 }, sentences: ["It asked something else."], diverged_at: 4, diff: "-a\n+b" };
    expect(replayFinding({ finding })).toBe(finding);
    expect(forkFinding({ finding })).toBeUndefined();
    expect(bisectFinding({ finding })).toBeUndefined();
  });

  it("is nothing while nothing is known", () => {
    expect(replayFinding({ finding: null })).toBeUndefined();
  });
});
