import { describe, expect, it } from "vitest";
import { callsOf, promptOf } from "./recorded-calls";

const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const ADD = [{ name: "add", arguments: { a: 1 } }];
const read = (body: string) => JSON.parse(callsOf(body)) as unknown;

describe("the tools a recorded answer calls", () => {
  it("are those of chat completions, whole and in pieces", () => {
    expect(read(JSON.stringify({ choices: [{ message: { tool_calls: [{ id: "x", function: { name: "add", arguments: '{"a":1}' } }] } }] }))).toEqual(ADD);
    const piece = (more: object) => event({ choices: [{ delta: { tool_calls: [{ index: 0, ...more }] } }] });
    expect(read(piece({ function: { name: "add", arguments: "" } }) + piece({ function: { arguments: '{"a"' } }) + piece({ function: { arguments: ":1}" } }))).toEqual(ADD);
  });

  it("are those of messages, whole and in pieces", () => {
    expect(read(JSON.stringify({ type: "message", content: [{ type: "text", text: "I add." }, { type: "tool_use", name: "add", input: { a: 1 } }] }))).toEqual(ADD);
    expect(read(event({ type: "content_block_start", index: 1, content_block: { type: "tool_use", name: "add" } }) + event({ type: "content_block_delta", index: 1, delta: { type: "input_json_delta", partial_json: '{"a":1}' } }))).toEqual(ADD);
  });

  it("are those of responses, once, and of Gemini", () => {
    const item = { type: "function_call", name: "add", arguments: '{"a":1}' };
    expect(read(JSON.stringify({ object: "response", output: [item] }))).toEqual(ADD);
    expect(read(event({ type: "response.output_item.done", item }) + event({ type: "response.completed", response: { object: "response", output: [item] } }))).toEqual(ADD);
    expect(read(JSON.stringify({ candidates: [{ content: { parts: [{ functionCall: { name: "add", args: { a: 1 } } }] } }] }))).toEqual(ADD);
  });

  it("are none where it only spoke", () => {
    expect(callsOf(JSON.stringify({ choices: [{ message: { content: "72" } }] }))).toBe("");
    expect(callsOf("<html>")).toBe("");
  });
});

describe("the prompt a recorded request gives", () => {
  it("is found where the dialect puts it", () => {
    expect(promptOf(JSON.stringify({ messages: [{ role: "system", content: "Be brief." }, { role: "user", content: "Hi" }] }))).toBe("Be brief.");
    expect(promptOf(JSON.stringify({ system: [{ type: "text", text: "Be brief." }], messages: [] }))).toBe("Be brief.");
    expect(promptOf(JSON.stringify({ instructions: "Be brief.", input: "Hi" }))).toBe("Be brief.");
    expect(promptOf(JSON.stringify({ systemInstruction: { parts: [{ text: "Be brief." }] } }))).toBe("Be brief.");
    expect(promptOf(JSON.stringify({ messages: [{ role: "user", content: "Hi" }] }))).toBe("");
  });
});
