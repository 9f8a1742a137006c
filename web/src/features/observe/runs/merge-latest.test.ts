import { expect, test } from "vitest";
import type { Run } from "@/client/types";
import { mergeLatest } from "./merge-latest";

const run = (id: string, name = "") => ({ id, name }) as Run;
const page = (next: string | null, ...items: Run[]) => ({ items, next_cursor: next });

test("new runs are counted, not put in; shown ones change where they stand", () => {
  const merged = mergeLatest([page("c", run("b", "old"), run("a"))], page(null, run("d"), run("c"), run("b", "new"), run("a")));
  expect(merged.fresh).toBe(2);
  expect(merged.over).toBe(false);
  expect(merged.pages[0]?.items.map((each) => each.id)).toEqual(["b", "a"]);
  expect(merged.pages[0]?.items[0]?.name).toBe("new");
});

test("more than a page of new runs is said so", () => {
  const merged = mergeLatest([page(null, run("a"))], page("more", run("z"), run("y")));
  expect([merged.fresh, merged.over]).toEqual([2, true]);
});

test("an empty list takes new runs at once", () => {
  expect(mergeLatest([page(null)], page(null, run("a"))).empty).toBe(true);
});
