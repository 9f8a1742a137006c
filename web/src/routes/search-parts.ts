import { asText } from "@/client/search-params";

export type Raw = Record<string, unknown>;

/** Leaves out what is not set, so that URLs hold only what differs from the default. */
export function only<T extends object>(found: T): T {
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as T;
}

/** A whole number from 0. */
export function asCount(value: unknown): number | undefined {
  const number = typeof value === "number" ? value : Number(asText(value) ?? NaN);
  return Number.isInteger(number) && number >= 0 ? number : undefined;
}
