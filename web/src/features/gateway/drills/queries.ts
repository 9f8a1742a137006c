import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import type { components } from "@/client/schema";

type Schemas = components["schemas"];

export type Drill = Schemas["DrillView"];
export type DrillReport = Schemas["DrillReportView"];
export type FaultReport = Schemas["DrillFaultReport"];
export type RunReport = Schemas["DrillRunReport"];
export type Share = Schemas["ShareView"];
export type LiveDrill = Schemas["LiveDrillView"];
export type Verdict = RunReport["verdict"];

const MOVING_MS = 2_000;

export const drillsQuery = (project: string) =>
  queryOptions({
    queryKey: ["drills", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/drills", { params: { query: { project } }, signal })),
    refetchInterval: (query) => (query.state.data?.items.some((each) => each.state === "running") ? MOVING_MS : false),
  });

export const drillReportQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ["drills", project, id],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/drills/{drill_id}/report", { params: { path: { drill_id: id }, query: { project } }, signal })),
    refetchInterval: (query) => (query.state.data?.drill.state === "running" ? MOVING_MS : false),
  });

export const faultsQuery = (project: string) =>
  queryOptions({
    queryKey: ["drill-faults", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/drills/faults", { params: { query: { project } }, signal })),
    staleTime: Infinity,
  });

export const liveDrillsQuery = (project: string) =>
  queryOptions({
    queryKey: ["live-drills", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/live-drills", { params: { query: { project } }, signal })),
    refetchInterval: 10_000,
  });
