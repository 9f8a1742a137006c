import { describe, expect, it } from "vitest";
import type { Change } from "../types";
import { changeOf, choicesOf, NO_CHANGE, warningsOf, wrongWith as wrong } from "./changes";

const wrongWith = (change: Partial<Change> & Pick<Change, "kind" | "text">, prompt?: string) => wrong({ find: "", tool_calls: "", ...change }, prompt);

describe("what a fork changes", () => {
  it("offers what fits the step", () => {
    expect(choicesOf({ kind: "tool" }).map(({ value }) => value)).toEqual(["result", "error", "forbid"]);
    expect(choicesOf({ kind: "model" }).map(({ value }) => value)).not.toContain("result");
  });

  it("says what is missing", () => {
    expect(wrongWith({ kind: "answer", text: " " })).not.toBe("");
    expect(wrongWith({ kind: "error", text: "" })).toBe("");
    expect(wrongWith({ kind: "parameters", text: "{" })).toBe("This is not JSON");
    expect(wrongWith({ kind: "parameters", text: "[1]" })).toBe("Expected an object of JSON");
    expect(wrongWith({ kind: "parameters", text: '{"temperature": 0}' })).toBe("");
  });

  it("takes a part of the prompt that is there, and tools in place of words", () => {
    expect(wrongWith({ kind: "prompt", text: "", find: "Be brief." }, "Be brief. Be kind.")).toBe("");
    expect(wrongWith({ kind: "prompt", text: "", find: "Be rude." }, "Be brief. Be kind.")).toMatch(/does not hold/);
    expect(wrongWith({ kind: "answer", text: "", tool_calls: '[{"name": "add", "arguments": {"a": 66}}]' })).toBe("");
    expect(wrongWith({ kind: "answer", text: "", tool_calls: "[{" })).toBe("The calls are not JSON");
    expect(wrongWith({ kind: "answer", text: "", tool_calls: '[{"tool": "add"}]' })).toMatch(/Expected a list/);
  });

  it("sends only what belongs to the kind", () => {
    const draft = { ...NO_CHANGE, text: "x", find: "y", code: "timeout", tool_calls: "[]", onwards: true };
    expect(changeOf(3, "result", draft)).toEqual({ step: 3, kind: "result", text: "x", find: "", code: "", tool_calls: "", onwards: false });
    expect(changeOf(3, "prompt", draft)).toMatchObject({ find: "y", onwards: true });
    expect(changeOf(3, "error", draft)).toMatchObject({ code: "timeout", onwards: false });
    expect(changeOf(3, "forbid", NO_CHANGE).onwards).toBe(true);
  });

  it("names who is really called", () => {
    expect(warningsOf("recorded", { kind: "answer" }, ["shop.refund"])).toEqual([]);
    expect(warningsOf("recorded", { kind: "model" }, [])[0]).toMatch(/really asked/);
    expect(warningsOf("mixed", { kind: "answer" }, ["shop.refund"]).join(" ")).toMatch(/shop\.refund will really be called/);
    expect(warningsOf("live", { kind: "answer" }, []).join(" ")).toMatch(/No tool is really called/);
  });
});
