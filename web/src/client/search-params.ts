/**
 * The query string as the page reads it: plain strings, and lists for keys that repeat. Every view of the
 * page is such a string, so it must be short, readable and stable: `?agent=x&filter=status:eq:error`.
 */

export type SearchParams = Record<string, string | readonly string[] | undefined>;

const REPEATED = new Set(["filter", "col"]);

export function parseSearch(text: string): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {};
  for (const [key, value] of new URLSearchParams(text)) {
    if (!REPEATED.has(key)) found[key] = value;
    else found[key] = [...((found[key] as string[] | undefined) ?? []), value];
  }
  return found;
}

export function stringifySearch(search: Record<string, unknown>): string {
  const out = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    if (Array.isArray(value)) for (const each of value) out.append(key, String(each));
    else if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") if (value !== "") out.set(key, String(value));
  }
  // Colons, commas and slashes are legal in a query and read better as they are.
  const text = out.toString().replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%2F", "/");
  return text ? `?${text}` : "";
}

export const asText = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

export const asList = (value: unknown): string[] | undefined => {
  const list = Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
  return list.length ? list : undefined;
};

export function asOneOf<T extends string>(value: unknown, choices: readonly T[]): T | undefined {
  return choices.find((choice) => choice === value);
}
