import { describe, expect, it } from "vitest";
import type { Exchange } from "./queries";
import { longestGap, pieces, spanOf, spoken } from "./timing";

const call = (changes: Partial<Exchange>): Exchange =>
  ({ started_at: "2026-11-18T10:00:00.000000Z", elapsed_ms: 1000, first_byte_ms: 400, attempts: [{ upstream: "a/b", after_ms: 0, elapsed_ms: 1000, status: 200, failure: null, hedge: false }], ...changes }) as Exchange;

describe("bars of calls", () => {
  it("go from the first begin to the last end", () => {
    const later = call({ started_at: "2026-11-18T10:00:02.000000Z", elapsed_ms: 500 });
    expect(spanOf([call({}), later])).toEqual({ beginMs: Date.parse("2026-11-18T10:00:00Z"), lengthMs: 2500 });
    expect(spanOf([])).toEqual({ beginMs: 0, lengthMs: 0 });
  });

  it("show waiting and answering", () => {
    const { beginMs, lengthMs } = spanOf([call({})]);
    expect(pieces(call({}), beginMs, lengthMs).map(({ left, width, look }) => ({ left, width, look }))).toEqual([
      { left: 0, width: 0.4, look: "waiting" },
      { left: 0.4, width: 0.6, look: "answering" },
    ]);
  });

  it("show tries that failed before the one that answered", () => {
    const tried = call({
      attempts: [
        { upstream: "a/b", after_ms: 0, elapsed_ms: 200, status: 429, failure: "rate_limited", hedge: false },
        { upstream: "c/d", after_ms: 300, elapsed_ms: 700, status: 200, failure: null, hedge: false },
      ],
    });
    expect(pieces(tried, Date.parse(tried.started_at), 1000).map((each) => each.look)).toEqual(["failed", "waiting", "answering"]);
    const lost = call({ attempts: tried.attempts.slice(0, 1), first_byte_ms: null });
    expect(pieces(lost, Date.parse(lost.started_at), 1000).map((each) => each.look)).toEqual(["failed"]);
  });

  it("stay on the page whatever the figures", () => {
    for (const each of pieces(call({ elapsed_ms: 0, first_byte_ms: null, attempts: [] }), Date.parse("2026-11-18T10:00:00Z"), 1)) {
      expect(each.left).toBeLessThanOrEqual(1);
      expect(each.width).toBeGreaterThan(0);
    }
  });
});

describe("streams", () => {
  it("find the longest silence", () => {
    expect(longestGap([{ at_ms: 1 }, { at_ms: 5 }, { at_ms: 6 }])).toEqual({ atMs: 1, lengthMs: 4 });
    expect(longestGap([{ at_ms: 1 }])).toBeUndefined();
  });

  it("are read as what they say", () => {
    expect(spoken('data: {"choices":[{"delta":{"content":"On"}}]}\n\ndata: {"choices":[{"delta":{"content":" its"}}]}\n\ndata: [DONE]\n\n')).toBe("On its");
    expect(spoken('event: x\ndata: {"type":"response.output_text.delta","delta":"Hi"}\n\ndata: {"type":"response.output_text.done","text":"Hi"}\n\n')).toBe("Hi");
    expect(spoken('{"plain": "json"}')).toBe("");
  });
});
