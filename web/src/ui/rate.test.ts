import { expect, test } from "vitest";
import { interval } from "./rate";

test("a narrow interval is half its width", () => expect(interval(0.941, 0.929, 0.953)).toBe("± 1.2"));
test("a wide one has no false digits", () => expect(interval(0.5, 0.2, 0.8)).toBe("± 30"));
test("a lopsided one shows its ends", () => expect(interval(1 / 9, 0.02, 0.435)).toBe("2–44"));
test("none of many is up to something", () => expect(interval(0, 0, 0.02)).toBe("0.0–2.0"));
