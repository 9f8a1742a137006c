import { useQuery } from "@tanstack/react-query";
import { opOf, readTyped, type Filter, type Op } from "./filters";
import { fieldsQuery, valuesQuery } from "./queries";

/** A filter half typed: first its field, then its op, then its value. */
export interface Draft {
  field?: string;
  op?: Op;
  typed: string;
}

export type Suggestion =
  | { kind: "text" }
  | { kind: "filter"; filter: Filter }
  | { kind: "field"; field: string; help: string }
  | { kind: "op"; op: Op }
  | { kind: "value"; value: string; seen: boolean };

interface KnownField {
  name: string;
  type: string;
  ops: readonly string[];
  help: string;
}

/** Fields that hold few values, of which the server knows none before they were sent. */
const FIXED: Record<string, readonly string[]> = {
  status: ["ok", "error", "running"],
  outcome: ["success", "failure", "unknown"],
};

const MOST = 60;

export function useSuggestions(project: string, draft: Draft, enabled: boolean): Suggestion[] {
  const fields = useQuery({ ...fieldsQuery(project), enabled });
  const wantsValues = enabled && draft.field !== undefined && draft.op !== undefined && hasValues(fields.data?.items, draft.field);
  const values = useQuery({ ...valuesQuery(project, draft.field ?? "", draft.typed), enabled: wantsValues });
  const known = fields.data?.items ?? [];
  if (!draft.field) return fieldSuggestions(known, draft.typed);
  if (!draft.op) return opSuggestions(known, draft.field, draft.typed);
  return valueSuggestions(draft.field, draft.typed, wantsValues ? (values.data?.items ?? []) : []);
}

function hasValues(fields: readonly KnownField[] | undefined, name: string): boolean {
  const type = fields?.find((field) => field.name === name)?.type ?? "text";
  return type === "text" || type === "list";
}

export function fieldSuggestions(fields: readonly KnownField[], typed: string): Suggestion[] {
  const words = typed.trim().toLowerCase();
  const whole = readTyped(typed);
  const first: Suggestion[] = whole ? [{ kind: "filter", filter: whole }] : [];
  const matching = fields.filter((field) => field.name.toLowerCase().includes(words) || field.help.toLowerCase().includes(words));
  const rank = (field: KnownField) => {
    const name = field.name.toLowerCase();
    return name === words ? 0 : name.startsWith(words) ? 1 : name.includes(words) ? 2 : 3;
  };
  const found = (words ? [...matching].sort((a, b) => rank(a) - rank(b)) : matching)
    .slice(0, MOST)
    .map((field): Suggestion => ({ kind: "field", field: field.name, help: field.help }));
  if (!words) return found;
  // What looks like the name of a field completes it; anything else is text to search for.
  const best = matching.some((field) => rank(field) <= 1);
  return whole ? [...first, ...found] : best ? [...found, { kind: "text" }] : [{ kind: "text" }, ...found];
}

function opSuggestions(fields: readonly KnownField[], name: string, typed: string): Suggestion[] {
  const ops = fields.find((field) => field.name === name)?.ops ?? ["=", "!=", "contains", "in", "exists", "missing"];
  return ops
    .map(opOf)
    .filter((op) => op !== undefined)
    .filter((op) => op.startsWith(typed.trim().toLowerCase()))
    .map((op): Suggestion => ({ kind: "op", op }));
}

function valueSuggestions(field: string, typed: string, seen: readonly string[]): Suggestion[] {
  const offered = [...new Set([...(FIXED[field] ?? []), ...seen])].filter((value) => value.toLowerCase().includes(typed.toLowerCase()));
  const own: Suggestion[] = typed && !offered.includes(typed) ? [{ kind: "value", value: typed, seen: false }] : [];
  return [...own, ...offered.slice(0, MOST).map((value): Suggestion => ({ kind: "value", value, seen: true }))];
}
