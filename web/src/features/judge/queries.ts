import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import { apiRange, type TimeRange } from "@/client/time-range";
import type { IssueSort } from "./issues/selection";
import type { IssueState } from "./types";

/** Every read of this room. Keys start with the noun and the project, so that live events can name them. */

export const verdictQuery = (project: string, runId: string) =>
  queryOptions({
    queryKey: ["verdict", project, runId],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/runs/{run_id}/verdict", { params: { path: { run_id: runId }, query: { project } }, signal })),
  });

export interface IssueSelection extends TimeRange {
  state: IssueState[];
  agent?: string | undefined;
  mode?: string | undefined;
  q?: string | undefined;
  sort: IssueSort;
}

export const issuesQuery = (project: string, selection: IssueSelection) =>
  infiniteQueryOptions({
    queryKey: ["issues", project, selection],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const { state, agent, mode, q, sort } = selection;
      return dataOf(
        api.GET("/api/v1/issues", {
          params: { query: { project, ...apiRange(selection), state, sort, ...(agent ? { agent } : {}), ...(mode ? { mode } : {}), ...(q ? { q } : {}), ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      );
    },
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (previous) => previous,
  });

export const issueQuery = (project: string, id: string, range: TimeRange) =>
  queryOptions({
    queryKey: ["issue", project, id, range],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/issues/{issue_id}", { params: { path: { issue_id: id }, query: { project, ...apiRange(range) } }, signal })),
    placeholderData: (previous) => previous,
  });

export const modesQuery = queryOptions({
  queryKey: ["failure-modes"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/v1/failure-modes", { signal })),
  staleTime: Infinity,
});

export const qualityQuery = (project: string, agent: string, range: TimeRange) =>
  queryOptions({
    queryKey: ["agent-quality", project, agent, range],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/agents/{agent}/quality", { params: { path: { agent }, query: { project, ...apiRange(range) } }, signal })),
    placeholderData: (previous) => previous,
  });

export const detectorsQuery = (project: string) =>
  queryOptions({
    queryKey: ["detectors", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/detectors", { params: { query: { project } }, signal })),
  });

export const judgingQuery = (project: string) =>
  queryOptions({
    queryKey: ["judging", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/judging", { params: { query: { project } }, signal })),
  });

const PREVIEWED = 100;

export const previewQuery = (project: string, name: string) =>
  queryOptions({
    queryKey: ["detector-preview", project, name],
    queryFn: ({ signal }) => dataOf(api.POST("/api/v1/detectors/{name}/preview", { params: { path: { name }, query: { project } }, body: { limit: PREVIEWED }, signal })),
  });

export const kindsQuery = queryOptions({
  queryKey: ["evaluator-kinds"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/v1/evaluator-kinds", { signal })),
  staleTime: Infinity,
});

export const evaluatorsQuery = (project: string) =>
  queryOptions({
    queryKey: ["evaluators", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/evaluators", { params: { query: { project } }, signal })),
  });

export const eventsQuery = (project: string, state: "unmatched" | "matched" | "waiting") =>
  infiniteQueryOptions({
    queryKey: ["outcome-events", project, state],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => dataOf(api.GET("/api/v1/outcome-events", { params: { query: { project, state, ...(pageParam ? { cursor: pageParam } : {}) } }, signal })),
    getNextPageParam: (page) => page.next_cursor,
  });

export const endpointsQuery = (project: string) =>
  queryOptions({
    queryKey: ["model-endpoints", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/model-endpoints", { params: { query: { project } }, signal })),
  });

export const judgesQuery = (project: string) =>
  queryOptions({
    queryKey: ["judges", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/judges", { params: { query: { project } }, signal })),
  });

export const rubricsQuery = queryOptions({
  queryKey: ["rubrics"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/v1/rubrics", { signal })),
  staleTime: Infinity,
});

export const judgeQualityQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ["judge-quality", project, id],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/judges/{judge_id}/quality", { params: { path: { judge_id: id }, query: { project } }, signal })),
  });

export const comparisonsQuery = (project: string, runId: string, otherId: string) =>
  queryOptions({
    queryKey: ["comparisons", project, runId, otherId],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/comparisons", { params: { query: { project, run_id: runId, other_run_id: otherId } }, signal })),
  });

export const embeddingQuery = (project: string) =>
  queryOptions({
    queryKey: ["embedding", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/embedding", { params: { query: { project } }, signal })),
  });

export const failureModelQuery = (project: string, agent: string) =>
  queryOptions({
    queryKey: ["failure-models", project, agent],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/failure-models", { params: { query: { project, agent: [agent] } }, signal })),
  });
