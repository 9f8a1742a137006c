import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import { isLive } from "@/client/live";
import type { InquiryKind } from "./types";

/**
 * Every read of this room. The server tells what moves (`live.ts`). What time alone changes, as a runner that is silent,
 * it tells nobody of, so what works is also read anew now and then, and often where the server cannot be heard.
 */

const [HEARD_MS, UNHEARD_MS] = [10_000, 1_500];

/** When to read anew what works, or is over. */
export const againIn = (works: boolean | undefined): number | false => (works ? (isLive() ? HEARD_MS : UNHEARD_MS) : false);

export interface InquirySelection {
  run?: string | undefined;
  agent?: string | undefined;
  kind?: InquiryKind | undefined;
}

export const inquiriesQuery = (project: string, { run, agent, kind }: InquirySelection = {}) =>
  queryOptions({
    queryKey: ["inquiries", project, { run, agent, kind }],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/inquiries", { params: { query: { project, ...(run ? { run } : {}), ...(agent ? { agent } : {}), ...(kind ? { kind } : {}) } }, signal })),
    refetchInterval: (query) => againIn(query.state.data?.items.some((each) => each.state === "running")),
  });

export const inquiryQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ["inquiry", project, id],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/inquiries/{inquiry_id}", { params: { path: { inquiry_id: id }, query: { project } }, signal })),
    refetchInterval: (query) => againIn(query.state.data?.state === "running"),
  });

/** How each call of a rerun was answered. */
export const rerunCallsQuery = (project: string, id: string, number: number) =>
  queryOptions({
    queryKey: ["inquiry", project, id, "calls", number],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/inquiries/{inquiry_id}/reruns/{number}/calls", { params: { path: { inquiry_id: id, number }, query: { project } }, signal })),
  });

export const tapeQuery = (project: string, runId: string) =>
  queryOptions({
    queryKey: ["tape", project, runId],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/runs/{run_id}/tape", { params: { path: { run_id: runId }, query: { project } }, signal })),
    staleTime: 60_000,
  });

export const recordedComparisonQuery = (project: string, left: string, right: string) =>
  queryOptions({
    queryKey: ["recorded-comparison", project, left, right],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/recorded-comparison", { params: { query: { project, left, right } }, signal })),
  });

export const casesQuery = (project: string, agent?: string) =>
  queryOptions({
    queryKey: ["cases", project, agent],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/cases", { params: { query: { project, ...(agent ? { agent } : {}) } }, signal })),
  });

/** The run's steps by suspicion: nothing was executed again. */
export const suspiciousQuery = (project: string, runId: string) =>
  queryOptions({
    queryKey: ["suspicious-steps", project, runId],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/runs/{run_id}/suspicious-steps", { params: { path: { run_id: runId }, query: { project } }, signal })),
    staleTime: 60_000,
  });

/** How an agent is started for one task; null where nobody registered it. */
export const entryPointQuery = (project: string, agent: string) =>
  queryOptions({
    queryKey: ["entry-point", project, agent],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/agents/{agent}/entry-point", { params: { path: { agent }, query: { project } }, signal })),
  });

/** null where nobody asked for it. */
export const resamplingQuery = (project: string, runId: string) =>
  queryOptions({
    queryKey: ["resampling", project, runId],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/runs/{run_id}/resample", { params: { path: { run_id: runId }, query: { project } }, signal })),
    refetchInterval: (query) => againIn(query.state.data?.state === "running"),
  });

export const issueWhyQuery = (project: string, issueId: string) =>
  queryOptions({
    queryKey: ["why", project, "issue", issueId],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/issues/{issue_id}/why", { params: { path: { issue_id: issueId }, query: { project } }, signal })),
    staleTime: 60_000,
  });

export const incidentWhyQuery = (project: string, incidentId: string) =>
  queryOptions({
    queryKey: ["why", project, "incident", incidentId],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/incidents/{incident}/why", { params: { path: { incident: incidentId }, query: { project } }, signal })),
    staleTime: 60_000,
  });
