import { expect, test } from "vitest";
import { placesIn } from "./rubric-places";

test("the places that are filled in are found, and told from those that are not", () => {
  const text = "Was {input} answered by {anwser}?";

  expect(placesIn(text).map((each) => [text.slice(each.from, each.to), each.known])).toEqual([
    ["{input}", true],
    ["{anwser}", false],
  ]);
});

test("JSON in a rubric is no place", () => {
  expect(placesIn('Answer as {"score": 1} or {} or { x }')).toEqual([]);
});
