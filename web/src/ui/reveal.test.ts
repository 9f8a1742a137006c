import { expect, test } from "vitest";
import { revealed } from "./reveal";

const at = (scrollTop: number) => ({ scrollTop, clientHeight: 300 });

test("what is seen does not move", () => expect(revealed(at(100), 5, { row: 30 })).toBe(100));
test("down as far as needed", () => expect(revealed(at(0), 20, { row: 30 })).toBe(330));
test("up as far as needed", () => expect(revealed(at(900), 20, { row: 30 })).toBe(600));
test("not under a head that stays", () => {
  const table = { row: 30, before: 32, covered: 32 };
  expect(revealed(at(600), 20, table)).toBe(600);
  expect(revealed(at(610), 20, table)).toBe(600);
  expect(revealed(at(0), 9, table)).toBe(32);
  expect(revealed(at(50), 0, table)).toBe(0);
});
