import { describe, expect, it } from "vitest";
import { newLayer } from "./new-layer";

describe("newLayer", () => {
  it.each([
    ["2026-11-22T22:59:00Z", "2026-11-16"],
    ["2026-11-22T23:01:00Z", "2026-11-16"],
    ["2026-11-23T07:59:00Z", "2026-11-16"],
    ["2026-11-23T08:01:00Z", "2026-11-23"],
    ["2026-11-25T12:00:00Z", "2026-11-23"],
  ])("has somebody on call at %s in Berlin", (now, starts) => {
    expect(newLayer(1, Date.parse(now), "Europe/Berlin").starts_on).toBe(starts);
  });
});
