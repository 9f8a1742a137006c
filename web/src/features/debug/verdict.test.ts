import { describe, expect, it } from "vitest";
import { unsureWords } from "./verdict";

const found = (more: Partial<Parameters<typeof unsureWords>[0]>) => unsureWords({ step: 10, confidence: 0.08, credible: [], level: 0.9, ...more });

describe("a bisect that is not sure yet", () => {
  it("names a step only where that is likelier than all others", () => {
    expect(found({ confidence: 0.6, credible: [10, 11] })).toBe("perhaps step 10, 60 % sure");
    expect(found({ credible: [12, 10, 11] })).toBe("one of steps 10 to 12, 90 % sure");
  });

  it("says how many where they lie apart, and that it may be none of them", () => {
    expect(found({ credible: [1, 2, 9] })).toBe("one of 3 steps, 90 % sure");
    expect(found({ credible: [0, 1, 2] })).toBe("one of steps 1 to 2 or none, 90 % sure");
  });
});
