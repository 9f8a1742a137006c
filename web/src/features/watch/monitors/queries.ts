import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import { ALL_TIME, type TimeRange } from "@/client/time-range";

/** Every read of this room. Keys start with the noun and the project. */

export const monitorsQuery = (project: string, agent?: string) =>
  queryOptions({
    queryKey: ["monitors", project, agent ?? ""],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/monitors", { params: { query: { project, ...(agent === undefined ? {} : { agent }) } }, signal })),
  });

export const rankingQuery = (project: string) =>
  queryOptions({
    queryKey: ["monitors", project, "ranking"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/monitors/ranking", { params: { query: { project } }, signal })),
  });

export const monitorQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ["monitor", project, id],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/monitors/{monitor_id}", { params: { path: { monitor_id: id }, query: { project } }, signal })),
  });

/** What the picture shows where nothing else is said. */
export const PICTURE_RANGE = "-14d";

const bounds = ({ from, to }: TimeRange): TimeRange => ({ from: from === ALL_TIME ? "2000-01-01T00:00:00Z" : (from ?? PICTURE_RANGE), ...(to ? { to } : {}) });

export const historyQuery = (project: string, id: string, range: TimeRange) =>
  queryOptions({
    queryKey: ["monitor", project, id, "history", range.from, range.to],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/monitors/{monitor_id}/history", { params: { path: { monitor_id: id }, query: { project, ...bounds(range) } }, signal })),
    placeholderData: keepPreviousData,
  });

export const alarmsQuery = (project: string, which: { monitor?: string; agent?: string; standing?: boolean }) =>
  queryOptions({
    queryKey: ["monitor", project, "alarms", which],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/alarms", { params: { query: { project, limit: 200, ...which } }, signal })),
  });

/** Which incident each alarm opened or joined. */
export const incidentAlarmsQuery = (project: string, agent: string) =>
  queryOptions({
    queryKey: ["incident", project, "of-agent", agent, "alarms"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/incident-alarms", { params: { query: { project, agent, limit: 500 } }, signal })),
  });

/** Incidents that stood at some time of a picture. */
export const incidentsOfAgentQuery = (project: string, agent: string) =>
  queryOptions({
    queryKey: ["incidents", project, "of-agent", agent],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/incidents", { params: { query: { project, agent, limit: 200, state: ["open", "reopened", "acknowledged", "mitigated", "resolved"] } }, signal })),
  });

export const jobQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ["jobs", project, id],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: id }, query: { project } }, signal })),
    refetchInterval: (query) => (!query.state.data || query.state.data.status === "running" || query.state.data.status === "waiting" ? 500 : false),
  });

export const backtestQuery = (project: string, jobId: string) =>
  queryOptions({
    queryKey: ["backtest", project, jobId],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/monitors/backtest/{job_id}", { params: { path: { job_id: jobId }, query: { project } }, signal })),
    staleTime: Infinity,
  });
