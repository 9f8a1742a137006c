import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import type { components } from "@/client/schema";

type Schemas = components["schemas"];

export type GatewayHealth = Schemas["GatewayHealthView"];
export type UpstreamHealth = Schemas["UpstreamHealthView"];
export type ModelRoute = Schemas["ModelRouteView"];
export type RouteBody = Schemas["RouteBody"];
export type RouteTarget = Schemas["RouteTargetBody"];
export type RouteTest = Schemas["RouteTestView"];
export type Provider = Schemas["ProviderView"];
export type Preset = Schemas["PresetView"];
export type GatewayKey = Schemas["GatewayKeyView"];
export type SpendBudget = Schemas["SpendBudgetView"];
export type CallLimit = Schemas["CallLimitView"];

/** Reads of the gateway's own nouns. Keys start with "gateway" and the project. */

export const gatewayHealthQuery = (project: string) =>
  queryOptions({
    queryKey: ["gateway", project, "health"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/gateway/health", { params: { query: { project } }, signal })),
    refetchInterval: 2_000,
  });

export const routesQuery = (project: string) =>
  queryOptions({
    queryKey: ["gateway", project, "routes"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/gateway/routes", { params: { query: { project } }, signal })),
  });

export const providersQuery = (project: string) =>
  queryOptions({
    queryKey: ["gateway", project, "providers"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/gateway/providers", { params: { query: { project } }, signal })),
  });

export const presetsQuery = (project: string) =>
  queryOptions({
    queryKey: ["gateway", project, "presets"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/gateway/presets", { params: { query: { project } }, signal })),
    staleTime: Infinity,
  });

export const gatewayKeysQuery = (project: string) =>
  queryOptions({
    queryKey: ["gateway", project, "keys"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/gateway/keys", { params: { query: { project } }, signal })),
  });

export const budgetsQuery = (project: string) =>
  queryOptions({
    queryKey: ["gateway", project, "budgets"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/gateway/budgets", { params: { query: { project } }, signal })),
    refetchInterval: 5_000,
  });

export const limitsQuery = (project: string) =>
  queryOptions({
    queryKey: ["gateway", project, "limits"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/gateway/limits", { params: { query: { project } }, signal })),
  });

export function useGatewayChanged(project: string): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ["gateway", project] });
}
