import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import type { operations } from "@/client/schema";

type Asked = NonNullable<operations["listExchanges"]["parameters"]["query"]>;

export interface ExchangeFilters {
  agent?: string | undefined;
  target?: string | undefined;
  kind?: NonNullable<Asked["kind"]> | undefined;
  ending?: NonNullable<Asked["ending"]> | undefined;
  code?: string | undefined;
}

const PAGE = 50;

/** Only what is set goes into the address. */
const set = (filters: ExchangeFilters) => Object.fromEntries(Object.entries(filters).filter(([, value]) => value)) as Pick<Asked, "agent" | "target" | "kind" | "ending" | "code">;

/** Newest first. While only the first page is looked at, what is new comes by itself. */
export const exchangesQuery = (project: string, filters: ExchangeFilters, live: boolean) =>
  infiniteQueryOptions({
    queryKey: ["exchanges", project, "all", filters],
    queryFn: ({ pageParam, signal }) => dataOf(api.GET("/api/v1/exchanges", { params: { query: { project, limit: PAGE, ...set(filters), ...(pageParam ? { cursor: pageParam } : {}) } }, signal })),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
    refetchInterval: (query) => (live && (query.state.data?.pages.length ?? 1) === 1 ? 2_000 : false),
  });

export const exchangeQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ["exchanges", project, "one", id],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/exchanges/{exchange_id}", { params: { path: { exchange_id: id }, query: { project } }, signal })),
  });
