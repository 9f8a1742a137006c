import { expect, test } from "vitest";
import { blocksOf } from "./prose";

test("code fences, bold and inline code", () => {
  expect(blocksOf("Run **this**:\n```sh\nls -l\n```\nthen `cd`.")).toEqual([
    { kind: "text", inlines: [{ kind: "text", text: "Run " }, { kind: "bold", text: "this" }, { kind: "text", text: ":" }] },
    { kind: "code", language: "sh", text: "ls -l" },
    { kind: "text", inlines: [{ kind: "text", text: "then " }, { kind: "code", text: "cd" }, { kind: "text", text: "." }] },
  ]);
});

test("a fence that never closes is code to the end", () => {
  expect(blocksOf("a\n```py\nx = 1")).toEqual([
    { kind: "text", inlines: [{ kind: "text", text: "a" }] },
    { kind: "code", language: "py", text: "x = 1" },
  ]);
});

test("HTML stays text", () => {
  expect(blocksOf("<img src=x onerror=alert(1)>")).toEqual([{ kind: "text", inlines: [{ kind: "text", text: "<img src=x onerror=alert(1)>" }] }]);
});
