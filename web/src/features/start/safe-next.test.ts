import { expect, test } from "vitest";
import { safeNext } from "./safe-next";

test.each([
  ["/runs?filter=status:eq:error", "/runs?filter=status:eq:error"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["https://evil.example", "/"],
  [undefined, "/"],
])("after %s one goes to %s", (next, to) => expect(safeNext(next)).toBe(to));
