import { describe, expect, it } from "vitest";
import { bisectCommand, forkCommand, quoted, replayCommand, runnerCommand } from "./commands";
import { USUAL } from "./entry-choice";
import type { Change } from "../types";

const entry = { ...USUAL, command: "python agent.py '{input}'" };

describe("what to type", () => {
  it("is one word of a shell whatever is in it", () => {
    expect(quoted("python")).toBe("python");
    expect(quoted("it's 5")).toBe(`'it'\\''s 5'`);
    expect(quoted("")).toBe("''");
  });

  it("says how often, and how many at once", () => {
    expect(replayCommand("default", "abc", undefined, 5)).toBe("roadworthy replay abc --repeats 5");
    const words = { check: null, good: "g", fixes: [], model: "", after: "recorded" as const, tools: [], budget: { reruns: 40, usd: null, calls: null, seconds: null }, confidence: 0.9 };
    expect(bisectCommand("default", "abc", undefined, { ...words, concurrency: 4 })).toBe("roadworthy bisect abc --good g --recorded --budget-reruns 40 --concurrency 4");
  });

  it("leaves out what the server knows", () => {
    expect(replayCommand("default", "abc", undefined)).toBe("roadworthy replay abc");
    expect(replayCommand("shop", "abc", { ...USUAL, command: "python a.py" })).toBe("roadworthy replay abc --command 'python a.py' --project shop");
  });

  it("tells a runner how the agent is started where that is not registered", () => {
    expect(runnerCommand("default", "support")).toBe("roadworthy runner --agent support");
    expect(runnerCommand("default", "support", { ...USUAL, via: "callable", callable: "a:b", python: "py" })).toBe("roadworthy runner --agent support --callable a:b --python py");
  });

  it("forks at a step with the change", () => {
    const change = { step: 4, kind: "result" as const, text: '{"a": 1}', find: "", code: "", tool_calls: "", onwards: false };
    expect(forkCommand("default", "abc", undefined, { change, after: "mixed", tools: ["shop.find"] })).toBe(`roadworthy fork abc --at 4 --result '{"a": 1}' --mixed --live-tools shop.find`);
    expect(forkCommand("default", "abc", undefined, { change: { ...change, kind: "error", text: "", code: "timeout" }, after: "recorded", tools: [] })).toBe("roadworthy fork abc --at 4 --error '' --code timeout --recorded");
  });

  it("forks with other tools called, or a part of the prompt replaced", () => {
    const change = { step: 3, kind: "answer" as const, text: "", find: "", code: "", tool_calls: '[{"name": "add"}]', onwards: false };
    const typed = (one: Partial<Change>) => forkCommand("default", "abc", undefined, { change: { ...change, ...one }, after: "mixed", tools: [] });
    expect(typed({})).toBe(`roadworthy fork abc --at 3 --tool-calls '[{"name": "add"}]' --mixed`);
    expect(typed({ text: "Sure." })).toBe(`roadworthy fork abc --at 3 --answer Sure. --tool-calls '[{"name": "add"}]' --mixed`);
    expect(typed({ kind: "prompt", find: "Be brief.", tool_calls: "" })).toBe("roadworthy fork abc --at 3 --find 'Be brief.' --prompt '' --mixed");
  });

  it("bisects with what is right at a step, and is nothing where --fix has no words for it", () => {
    const fix = { step: 3, kind: "model" as const, text: "large", find: "", code: "", tool_calls: "", onwards: false };
    const typed = (one: Partial<Change>) => bisectCommand("default", "abc", undefined, { check: null, good: "", fixes: [{ ...fix, ...one }], model: "", after: "live", tools: [], budget: { reruns: null, usd: null, calls: null, seconds: null }, confidence: 0.9 });
    expect(typed({})).toBe("roadworthy bisect abc --fix 3:model=large --live");
    expect(typed({ kind: "answer", text: "72" })).toBe("roadworthy bisect abc --fix 3=72 --live");
    expect(typed({ kind: "prompt", find: "Be brief." })).toBe("");
  });

  it("bisects with the check, what is right, and the bounds", () => {
    const words = { check: { how: "contains" as const, expected: "42 EUR" }, good: "g", fixes: [], model: "", after: "recorded" as const, tools: [], budget: { reruns: 40, usd: 2, calls: null, seconds: null }, confidence: 0.95 };
    expect(bisectCommand("default", "abc", entry, words)).toBe(`roadworthy bisect abc --check 'contains:42 EUR' --good g --recorded --confidence 0.95 --budget-reruns 40 --budget-usd 2 --command 'python agent.py '\\''{input}'\\'''`);
  });
});
