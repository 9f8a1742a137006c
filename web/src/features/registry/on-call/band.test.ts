import { expect, test } from "vitest";
import type { Shift } from "../types";
import { COLOURS, colourOf, instantAt, piecesOf } from "./band";

const shift = (start: string, end: string, person: string | null = "ann"): Shift => ({ start, end, person, layer: null, override: null, instead_of: null });
const from = Date.parse("2026-11-23T00:00:00Z");
const to = Date.parse("2026-11-30T00:00:00Z");

test("shifts are cut at both ends of the band, and those outside are left out", () => {
  const pieces = piecesOf([shift("2026-11-20T09:00:00Z", "2026-11-23T12:00:00Z"), shift("2026-11-23T12:00:00Z", "2026-12-05T00:00:00Z", null), shift("2026-12-05T00:00:00Z", "2026-12-06T00:00:00Z")], from, to);

  expect(pieces).toHaveLength(2);
  expect(pieces[0]?.left).toBe(0);
  expect(pieces[0]?.width).toBeCloseTo(0.5 / 7);
  expect((pieces[1]?.left ?? 0) + (pieces[1]?.width ?? 0)).toBeCloseTo(1);
});

test("what is drawn of a shift is cut, what it says is not", () => {
  expect(piecesOf([shift("2026-11-20T09:00:00Z", "2026-11-23T12:00:00Z")], from, to)[0]?.start).toBe(Date.parse("2026-11-20T09:00:00Z"));
});

test("a person has one colour, and shares it only when all are taken", () => {
  const people = Array.from({ length: COLOURS + 1 }, (_, index) => `person ${index}`);
  const colours = people.map(colourOf);

  expect(new Set(colours.slice(0, COLOURS)).size).toBe(COLOURS);
  expect(people.map(colourOf)).toEqual(colours);
});

test("a click means the half hour it is nearest to", () => {
  expect(new Date(instantAt(0.5 / 7 + 0.0001, from, to)).toISOString()).toBe("2026-11-23T12:00:00.000Z");
});
