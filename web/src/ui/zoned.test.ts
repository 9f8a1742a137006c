import { describe, expect, test } from "vitest";
import { addDays, dayOf, daysBetween, firstOfMonth, instantOf, mondayOf, timeOf } from "./zoned";

const BERLIN = "Europe/Berlin";

describe("local times", () => {
  test("a time of day in winter and in summer", () => {
    expect(new Date(instantOf("2026-01-15", "09:00", BERLIN)).toISOString()).toBe("2026-01-15T08:00:00.000Z");
    expect(new Date(instantOf("2026-07-15", "09:00", BERLIN)).toISOString()).toBe("2026-07-15T07:00:00.000Z");
  });
  test("one that does not exist is read with the offset before the change", () => {
    expect(new Date(instantOf("2026-03-29", "02:30", BERLIN)).toISOString()).toBe("2026-03-29T01:30:00.000Z");
  });
  test("of one that comes twice the first is meant", () => {
    expect(new Date(instantOf("2026-10-25", "02:30", BERLIN)).toISOString()).toBe("2026-10-25T00:30:00.000Z");
  });
  test("midnight on the day the clocks change", () => {
    expect(instantOf("2026-03-30", "00:00", BERLIN) - instantOf("2026-03-29", "00:00", BERLIN)).toBe(23 * 3_600_000);
    expect(instantOf("2026-10-26", "00:00", BERLIN) - instantOf("2026-10-25", "00:00", BERLIN)).toBe(25 * 3_600_000);
  });
  test("offsets of half an hour, and zones ahead of and behind UTC", () => {
    for (const zone of ["Asia/Kolkata", "Pacific/Auckland", "America/St_Johns", "America/Los_Angeles", "UTC"]) {
      const at = instantOf("2026-11-23", "17:45", zone);
      expect([dayOf(at, zone), timeOf(at, zone)]).toEqual(["2026-11-23", "17:45"]);
    }
  });
});

describe("days", () => {
  test("the Monday of a week, the first of a month, and the days between", () => {
    expect(mondayOf("2026-11-22")).toBe("2026-11-16");
    expect(mondayOf("2026-11-23")).toBe("2026-11-23");
    expect(firstOfMonth("2026-11-22")).toBe("2026-11-01");
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(daysBetween("2026-10-24", "2026-10-27")).toEqual(["2026-10-24", "2026-10-25", "2026-10-26"]);
  });
});
