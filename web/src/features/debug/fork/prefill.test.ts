import { describe, expect, it } from "vitest";
import { resultOf, wordsOf } from "./prefill";

const event = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;

describe("a recorded answer, to be changed", () => {
  it("takes the words of chat completions, whole and streamed", () => {
    expect(wordsOf(JSON.stringify({ choices: [{ message: { role: "assistant", content: "It is 42." } }] }))).toBe("It is 42.");
    expect(wordsOf(event({ choices: [{ delta: { content: "It " } }] }) + event({ choices: [{ delta: { content: "is" } }] }) + "data: [DONE]\n\n")).toBe("It is");
  });

  it("takes those of messages without the arguments of tools", () => {
    const body = { type: "message", content: [{ type: "text", text: "Let me see." }, { type: "tool_use", name: "find", input: { id: 1 } }] };
    expect(wordsOf(JSON.stringify(body))).toBe("Let me see.");
    expect(wordsOf(event({ type: "content_block_delta", delta: { type: "text_delta", text: "a" } }) + event({ type: "content_block_delta", delta: { type: "input_json_delta", partial_json: "{" } }))).toBe("a");
  });

  it("takes those of responses once, though the stream says them again at its end", () => {
    const whole = { object: "response", output: [{ type: "message", content: [{ type: "output_text", text: "yes" }] }] };
    expect(wordsOf(JSON.stringify(whole))).toBe("yes");
    expect(wordsOf(event({ type: "response.output_text.delta", delta: "yes" }) + event({ type: "response.completed", response: whole }))).toBe("yes");
  });

  it("takes Gemini's", () => {
    expect(wordsOf(JSON.stringify({ candidates: [{ content: { parts: [{ text: "ja" }] } }] }))).toBe("ja");
  });

  it("is empty where a model only called tools, or answered with something else", () => {
    expect(wordsOf(JSON.stringify({ choices: [{ message: { content: null, tool_calls: [] } }] }))).toBe("");
    expect(wordsOf("<html>bad gateway</html>")).toBe("");
  });

  it("takes a tool's result out of MCP's envelope, as JSON where it is", () => {
    expect(resultOf(JSON.stringify({ jsonrpc: "2.0", id: 1, result: { content: [{ type: "text", text: '{"total":7}' }] } }))).toBe('{\n  "total": 7\n}');
    expect(resultOf(event({ id: 1, result: { structuredContent: { total: 7 }, content: [] } }))).toBe('{\n  "total": 7\n}');
    expect(resultOf(JSON.stringify({ result: { content: [{ type: "text", text: "no such order" }] } }))).toBe("no such order");
    expect(resultOf("plain")).toBe("plain");
  });
});
