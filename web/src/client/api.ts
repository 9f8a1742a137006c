import createClient, { type Middleware } from "openapi-fetch";
import { Problem } from "./problem";
import type { paths } from "./schema";

/** Problem details become thrown `Problem`s, so that callers see either data or an error fit to show. */
const problems: Middleware = {
  async onResponse({ response }) {
    if (response.ok) return undefined;
    let body: unknown;
    try {
      body = await response.clone().json();
    } catch {
      body = undefined; // A proxy in between answered with something else.
    }
    throw Problem.fromBody(body, response.status);
  },
};

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  // Lists repeat their key: filter=a&filter=b.
  querySerializer: { array: { style: "form", explode: true } },
});
api.use(problems);

/** The data of a call; errors were thrown on the way. */
export async function dataOf<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  if (data === undefined) throw new Problem("The server answered without content");
  return data;
}

/** For requests that must not happen twice when they are sent twice. */
export function idempotency(): { "Idempotency-Key": string } {
  // crypto.randomUUID needs a secure context; getRandomValues does not.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return { "Idempotency-Key": Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("") };
}
