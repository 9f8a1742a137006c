/** Filters as the URL and the API write them: `field:op:value`, ops by name so that URLs stay readable. */

export const OPS = ["eq", "ne", "contains", "gt", "ge", "lt", "le", "in", "exists", "missing"] as const;
export type Op = (typeof OPS)[number];

export interface Filter {
  field: string;
  op: Op;
  value: string;
}

export const OP_WORDS: Record<Op, string> = {
  eq: "is",
  ne: "is not",
  contains: "contains",
  gt: ">",
  ge: "≥",
  lt: "<",
  le: "≤",
  in: "is one of",
  exists: "exists",
  missing: "is missing",
};

/** The server's own names of ops, as it lists them for each field. */
const SERVER_OPS: Record<string, Op> = { "=": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge" };

export function opOf(server: string): Op | undefined {
  return SERVER_OPS[server] ?? OPS.find((op) => op === server);
}

export const needsValue = (op: Op): boolean => op !== "exists" && op !== "missing";

export function writeFilter(filter: Filter): string {
  return needsValue(filter.op) ? `${filter.field}:${filter.op}:${filter.value}` : `${filter.field}:${filter.op}`;
}

const SHAPE = new RegExp(`^(.+?):(${OPS.join("|")}|<=|>=|!=|=|<|>)(?::([\\s\\S]*))?$`);

export function readFilter(text: string): Filter | undefined {
  const found = SHAPE.exec(text);
  const op = found?.[2] ? opOf(found[2]) : undefined;
  if (!found?.[1] || !op) return undefined;
  return { field: found[1], op, value: found[3] ?? "" };
}

export function readFilters(texts: readonly string[] | undefined): Filter[] {
  return (texts ?? []).map(readFilter).filter((each) => each !== undefined);
}

/** A link to the runs that some number counts. */
export function filterText(field: string, op: Op, value: string | number = ""): string {
  return writeFilter({ field, op, value: String(value) });
}

const SHORT_OPS: readonly (readonly [string, Op])[] = [
  ["!=", "ne"],
  [">=", "ge"],
  ["<=", "le"],
  ["=", "eq"],
  [">", "gt"],
  ["<", "lt"],
  ["~", "contains"],
];

/** What people type into the filter bar: `status=error`, `cost_usd>0.1`, `agent~shop`, `attributes.x?`. */
export function readTyped(text: string): Filter | undefined {
  const trimmed = text.trim();
  const full = readFilter(trimmed);
  if (full) return full;
  const exists = /^([\w.-]+)\?$/.exec(trimmed);
  if (exists?.[1]) return { field: exists[1], op: "exists", value: "" };
  const found = /^([\w.-]+)\s*(!=|>=|<=|=|>|<|~)\s*(.+)$/s.exec(trimmed);
  if (!found?.[1] || !found[3]) return undefined;
  const op = SHORT_OPS.find(([sign]) => sign === found[2])?.[1];
  return op ? { field: found[1], op, value: found[3].replace(/^"(.*)"$/s, "$1") } : undefined;
}
