import { describe, expect, it } from "vitest";
import { bisectFinding, forkFinding, replayFinding } from "./finding";

describe("what an inquiry found", () => {
  it("is read by its kind alone", () => {
    const told = { kind: "replay" as const, finding: { outcome: "diverged", sentences: ["It asked something else."], diverged_at: 4, diff: "-a\n+b" } };
    expect(replayFinding(told)).toEqual({ outcome: "diverged", sentences: ["It asked something else."], diverged_at: 4, diff: "-a\n+b" });
    expect(forkFinding(told)).toBeUndefined();
    expect(bisectFinding(told)).toBeUndefined();
  });

  it("is nothing while nothing is known", () => {
    expect(replayFinding({ kind: "replay", finding: null })).toBeUndefined();
  });

  it("claims nothing of what it does not know", () => {
    expect(replayFinding({ kind: "replay", finding: { outcome: "better" } })?.outcome).toBe("cannot_tell");
    expect(bisectFinding({ kind: "bisect", finding: { mass: [0.1, "x", 0.9] } })).toEqual({ state: "cannot_tell", step: null, confidence: 0, mass: [0.1, 0.9], confirmed: null, sentences: [] });
  });

  it("counts a fork's reruns", () => {
    expect(forkFinding({ kind: "fork", finding: { outcome: "identical", passed: 2, failed: 1 } })).toMatchObject({ passed: 2, failed: 1, unknown: 0 });
  });
});
