import { expect, test } from "vitest";
import { highlight } from "./highlight";

test("words are found without regard to case, and signs in them are no pattern", () => {
  expect(highlight("The Order (48213) was late", "order 48213?")).toEqual([
    { text: "The ", hit: false },
    { text: "Order", hit: true },
    { text: " (", hit: false },
    { text: "48213", hit: true },
    { text: ") was late", hit: false },
  ]);
});

test("signs alone mark nothing", () => expect(highlight("a+b", "+")).toEqual([{ text: "a+b", hit: false }]));
