import { describe, expect, it } from "vitest";
import { choicesOf, warningsOf, wrongWith } from "./changes";

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

  it("names who is really called", () => {
    expect(warningsOf("recorded", { kind: "answer" }, ["shop.refund"])).toEqual([]);
    expect(warningsOf("recorded", { kind: "model" }, [])[0]).toMatch(/really asked/);
    expect(warningsOf("mixed", { kind: "answer" }, ["shop.refund"]).join(" ")).toMatch(/shop\.refund will really be called/);
    expect(warningsOf("live", { kind: "answer" }, []).join(" ")).toMatch(/No tool is really called/);
  });
});
