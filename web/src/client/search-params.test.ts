import { expect, test } from "vitest";
import { parseSearch, stringifySearch } from "./search-params";

test("what is written is read back", () => {
  const search = { filter: ["status:eq:error", "attributes.customer tier:contains:a&b=ü"], from: "-7d", text: "refund 100 %" };
  expect(parseSearch(stringifySearch(search))).toEqual(search);
});

test("readable, and empty values are left out", () => {
  expect(stringifySearch({ filter: ["agent:eq:shop/bot"], text: "", to: undefined })).toBe("?filter=agent:eq:shop/bot");
  expect(stringifySearch({})).toBe("");
});
