import { describe, expect, it, vi } from "vitest";

const stream = vi.hoisted(() => ({ live: false }));
vi.mock("@/client/live", () => ({ isLive: () => stream.live }));
vi.mock("@/client/api", () => ({}));

const { againIn } = await import("./queries");

describe("what works", () => {
  it("is asked for often while the server cannot be heard, seldom while it tells, and not once it is over", () => {
    stream.live = false;
    const unheard = againIn(true);
    stream.live = true;
    const heard = againIn(true);
    expect(unheard).toBeLessThan(heard as number);
    expect(heard).toBeGreaterThan(0);
    expect(againIn(false)).toBe(false);
    expect(againIn(undefined)).toBe(false);
  });
});
