import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import { apiRange, type TimeRange } from "@/client/time-range";

/** Every read of this room. Keys start with the noun and the project, so that live events can name them. */

export interface RunSelection extends TimeRange {
  text?: string | undefined;
  filter?: string[] | undefined;
}

const selectionQuery = (project: string, selection: RunSelection) => ({
  project,
  ...apiRange(selection),
  ...(selection.text ? { text: selection.text } : {}),
  ...(selection.filter?.length ? { filter: selection.filter } : {}),
});

/** `trials`: drills and reruns among the agents, too. */
export const fleetQuery = (project: string, range: TimeRange, trials = false) =>
  queryOptions({
    queryKey: ["fleet", project, range, trials],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/fleet", { params: { query: { project, ...apiRange(range), trials } }, signal })),
    placeholderData: (previous) => previous,
  });

export const PAGE_SIZE = 100;

export const runsPage = (project: string, selection: RunSelection, attributes: readonly string[]) => ({
  ...selectionQuery(project, selection),
  ...(attributes.length ? { attribute: [...attributes] } : {}),
  limit: PAGE_SIZE,
});

/** `attributes` are keys to be read from every step of a run, not the root step alone. */
export const runsQuery = (project: string, selection: RunSelection, attributes: readonly string[] = []) =>
  infiniteQueryOptions({
    queryKey: ["runs", project, selection, attributes],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET("/api/v1/runs", {
          params: { query: { ...runsPage(project, selection, attributes), ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor,
    // What a person reads must not move: new runs wait behind a pill until asked for.
    staleTime: Infinity,
  });

export const runsCountQuery = (project: string, selection: RunSelection) =>
  queryOptions({
    queryKey: ["runs-count", project, selection],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/runs/count", { params: { query: selectionQuery(project, selection) }, signal })),
    placeholderData: (previous) => previous,
  });

/** Runs and errors over time. Full text is not taken by aggregates. */
export const histogramQuery = (project: string, selection: RunSelection, bucket: string) =>
  queryOptions({
    queryKey: ["histogram", project, selection, bucket],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/v1/aggregates", {
          params: { query: { ...selectionQuery(project, { ...selection, text: undefined }), bucket, limit: 2000 } },
          signal,
        }),
      ),
    placeholderData: (previous) => previous,
  });

export const runQuery = (project: string, runId: string) =>
  queryOptions({
    queryKey: ["run", project, runId],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/runs/{run_id}", { params: { path: { run_id: runId }, query: { project } }, signal })),
  });

/** The tree: every step without its content, so that 5,000 of them are a small answer. */
export const spansQuery = (project: string, runId: string) =>
  queryOptions({
    queryKey: ["spans", project, runId],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/runs/{run_id}/spans", { params: { path: { run_id: runId }, query: { project, content: false } }, signal })),
  });

export const spanQuery = (project: string, runId: string, spanId: string, full = false) =>
  queryOptions({
    queryKey: ["span", project, runId, spanId, full],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/v1/runs/{run_id}/spans/{span_id}", {
          params: { path: { run_id: runId, span_id: spanId }, query: { project, full } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });

export const scoresQuery = (project: string, runId: string) =>
  queryOptions({
    queryKey: ["scores", project, runId],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/runs/{run_id}/scores", { params: { path: { run_id: runId }, query: { project } }, signal })),
  });

export const compareQuery = (project: string, runId: string, otherId: string) =>
  queryOptions({
    queryKey: ["compare", project, runId, otherId],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/v1/runs/{run_id}/compare/{other_id}", {
          params: { path: { run_id: runId, other_id: otherId }, query: { project } },
          signal,
        }),
      ),
  });

export const sessionsQuery = (project: string, range: TimeRange) =>
  infiniteQueryOptions({
    queryKey: ["sessions", project, range],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const { from } = apiRange(range);
      return dataOf(
        api.GET("/api/v1/sessions", {
          params: { query: { project, limit: PAGE_SIZE, ...(from ? { from } : {}), ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      );
    },
    getNextPageParam: (page) => page.next_cursor,
  });

export const sessionQuery = (project: string, sessionId: string) =>
  queryOptions({
    queryKey: ["session", project, sessionId],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/sessions/{session_id}", { params: { path: { session_id: sessionId }, query: { project } }, signal })),
  });

export const searchQuery = (project: string, text: string, range: TimeRange) =>
  infiniteQueryOptions({
    queryKey: ["search", project, text, range],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET("/api/v1/search", {
          params: { query: { project, text, ...apiRange(range), limit: 50, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor,
    enabled: text.trim() !== "",
  });

export const fieldsQuery = (project: string) =>
  queryOptions({
    queryKey: ["fields", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/fields", { params: { query: { project } }, signal })),
    staleTime: 60_000,
  });

export const valuesQuery = (project: string, field: string, prefix: string) =>
  queryOptions({
    queryKey: ["values", project, field, prefix],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/fields/{name}/values", { params: { path: { name: field }, query: { project, prefix, limit: 20 } }, signal })),
    staleTime: 60_000,
    placeholderData: (previous) => previous,
  });

export const viewsQuery = (project: string) =>
  queryOptions({
    queryKey: ["views", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/views", { params: { query: { project } }, signal })),
  });

export const recentRunsQuery = (project: string, filter: string[]) =>
  queryOptions({
    queryKey: ["recent-runs", project, filter],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/runs", { params: { query: { project, filter, limit: 20 } }, signal })),
  });
