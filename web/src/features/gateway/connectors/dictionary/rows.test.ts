import { expect, test } from "vitest";
import type { DictionaryTable, Field, Join } from "./queries";
import { rowsOf, type Shows } from "./rows";

const field = (name: string, more: Partial<Field> = {}): Field => ({
  name,
  declared: "",
  type: "text",
  stored_as: "",
  nulls: null,
  distinct: 0,
  distinct_share: null,
  minimum: "",
  maximum: "",
  format: "",
  values: [],
  examples: [],
  unit: "",
  unit_from: "",
  meaning: "",
  meaning_from: "",
  pii: "",
  pii_from: "",
  key: "",
  description: "",
  ...more,
});
const table = (name: string, fields: Field[], problem = ""): DictionaryTable => ({ name, rows: null, sampled: 10, whole: true, description: "", keys: [], fields, problem });
const share = { value: 1, low: 0.9, high: 1 };
const joins: Join[] = [{ table: "orders", field: "cust", to_table: "customers", to_field: "id", inclusion: share, confidence: 0.9, declared: false }];
const tables = [
  table("customers", [field("id", { key: "primary", meaning: "Number of the customer" }), field("mail", { pii: "email", pii_from: "person" })]),
  table("orders", [field("cust"), field("net_amt", { unit: "EUR", meaning: "Amount without tax" })]),
  table("locked", [], "permission denied"),
];

const shown = (find: string, shows: Shows = "all", only = "") => rowsOf({ tables, joins }, { find, table: only, shows }).map((each) => (each.kind === "table" ? each.table.name : each.field.name));

test("each table's fields stand under its name, and one that could not be read says so", () => {
  expect(shown("")).toEqual(["customers", "id", "mail", "orders", "cust", "net_amt", "locked"]);
  expect(shown("", "all", "orders")).toEqual(["orders", "cust", "net_amt"]);
});

test("every word must be found, in whatever is known of the field", () => {
  expect(shown("eur amount")).toEqual(["orders", "net_amt"]);
  expect(shown("ORDERS.cust")).toEqual(["orders", "cust"]);
  expect(shown("nowhere")).toEqual([]);
});

test("what is left to explain, what people said, what is personal, what joins", () => {
  expect(shown("", "unexplained")).toEqual(["customers", "mail", "orders", "cust"]);
  expect(shown("", "corrected")).toEqual(["customers", "mail"]);
  expect(shown("", "pii")).toEqual(["customers", "mail"]);
  expect(shown("", "keys")).toEqual(["customers", "id", "orders", "cust"]);
});
