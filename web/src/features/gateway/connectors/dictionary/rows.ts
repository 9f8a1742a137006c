import type { Dictionary, DictionaryTable, Field, Join } from "./queries";

export type Row = { kind: "table"; table: DictionaryTable } | { kind: "field"; table: DictionaryTable; field: Field; joins: readonly Join[] };

export const SHOWS = ["all", "unexplained", "corrected", "pii", "keys"] as const;
export type Shows = (typeof SHOWS)[number];

export const isCorrected = (field: Field): boolean => [field.meaning_from, field.unit_from, field.pii_from].includes("person");

const SHOWN: Record<Shows, (field: Field, joins: readonly Join[]) => boolean> = {
  all: () => true,
  unexplained: (field) => !field.meaning,
  corrected: (field) => isCorrected(field),
  pii: (field) => field.pii !== "",
  keys: (field, joins) => field.key !== "" || joins.length > 0,
};

export interface Selection {
  find: string;
  table: string;
  shows: Shows;
}

/** The fields that are looked for, each table's under its name; tables without such a field are left out. */
export function rowsOf({ tables, joins }: Pick<Dictionary, "tables" | "joins">, { find, table, shows }: Selection): Row[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  const joinsOf = new Map<string, Join[]>();
  for (const join of joins) joinsOf.set(`${join.table}.${join.field}`, [...(joinsOf.get(`${join.table}.${join.field}`) ?? []), join]);
  return tables.flatMap((each): Row[] => {
    if (table && each.name !== table) return [];
    const fields = each.fields.flatMap((field): Row[] => {
      const mine = joinsOf.get(`${each.name}.${field.name}`) ?? [];
      const text = `${each.name}.${field.name} ${field.meaning} ${field.unit} ${field.pii} ${field.type} ${field.description}`.toLowerCase();
      return SHOWN[shows](field, mine) && words.every((word) => text.includes(word)) ? [{ kind: "field", table: each, field, joins: mine }] : [];
    });
    return fields.length || (each.problem && !words.length && shows === "all") ? [{ kind: "table", table: each }, ...fields] : [];
  });
}
