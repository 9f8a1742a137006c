import { expect, test } from "vitest";
import { locate, squeeze } from "./locate";

const found = (drawn: string, excerpt: string) => {
  const at = locate(squeeze(drawn), excerpt);
  return at && drawn.slice(...at);
};

test("spaces, quotes and marks do not matter", () => {
  expect(found('error: "payment  service timed out" ,', '{"error": "payment service timed out"}')).toBe('error: "payment  service timed out');
  expect(found("I have refunded €59.90 to your card", "refunded **€59.90** to")).toBe("refunded €59.90 to");
});

test("escapes of JSON are read", () => {
  expect(found("it’s\ndone now", "it\\u2019s\\ndone")).toBe("it’s\ndone");
});

test("what is not there is not found, and nothing is found nowhere", () => {
  expect(found("all is well", "timed out")).toBeUndefined();
  expect(found("all is well", "…")).toBeUndefined();
});
