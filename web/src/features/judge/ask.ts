import { dataOf } from "@/client/api";
import { Problem } from "@/client/problem";

export type Query = Record<string, string | number | boolean | null | undefined | readonly string[]>;

interface Asked {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export const segment = (text: string): string => encodeURIComponent(text);

/** A call of the API by its path; what fails is thrown as a `Problem`. */
export async function ask<T>(method: Method, path: string, { query = {}, body, signal, headers }: Asked = {}): Promise<T> {
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (Array.isArray(value)) for (const each of value) words.append(key, String(each));
    else if (value !== undefined && value !== null && value !== "") words.set(key, String(value));
  const response = await fetch(`/api/v1${path}${words.size ? `?${words.toString()}` : ""}`, {
    method,
    ...(signal ? { signal } : {}),
    headers: { ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  let said: unknown;
  try {
    said = await response.json();
  } catch {
    said = undefined; // No content, or a proxy in between answered with something else.
  }
  if (!response.ok) throw Problem.fromBody(said, response.status);
  if (response.status === 204) return undefined as T;
  return dataOf<T>(Promise.resolve(said === undefined ? {} : { data: said as T }));
}
