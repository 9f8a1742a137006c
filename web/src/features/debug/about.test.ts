import { describe, expect, it } from "vitest";
import { aboutOf } from "./about";
import { changeWords } from "./fork/change-words";
import type { InquiryRow } from "./types";

const change = { step: 6, kind: "result" as const, text: "60", find: "", tool_calls: "", code: "", onwards: false };
const asked = (more: Partial<InquiryRow>) => aboutOf({ kind: "fork", changes: [], good_run: null, live_model: null, fork_at: 6, repeats: 1, ...more });

describe("what an inquiry tries", () => {
  it("is said by its kind", () => {
    expect(asked({ kind: "replay" })).toBe("");
    expect(asked({ kind: "replay", repeats: 5 })).toBe("5 times");
    expect(asked({ changes: [change] as InquiryRow["changes"], repeats: 3 })).toBe("at step 6 the tool returns “60”, 3 times");
    expect(asked({ good_run: "g" })).toBe("from step 6 on a good run answers");
    expect(asked({ kind: "bisect", good_run: "g" })).toBe("put right as a good run had it");
    expect(asked({ kind: "bisect", live_model: "gpt-4o" })).toBe("put right by gpt-4o");
    expect(asked({ kind: "bisect", changes: [change] as InquiryRow["changes"] })).toBe("put right by hand: at step 6 the tool returns “60”");
    expect(asked({ kind: "bisect" })).toBe("put right by asking again");
  });

  it("tells what of a prompt is replaced, and which tools the model calls instead", () => {
    expect(changeWords({ ...change, kind: "prompt", find: "Be brief.", text: "Be long." })).toBe("At step 6 “Be brief.” in the prompt becomes “Be long.”.");
    expect(changeWords({ ...change, kind: "prompt", find: "Be brief.", text: "" })).toBe("At step 6 “Be brief.” is cut out of the prompt.");
    expect(changeWords({ ...change, kind: "answer", text: "", tool_calls: '[{"name": "add"}]' })).toBe('At step 6 the model calls “[{"name": "add"}]”.');
  });
});
