import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import type { components } from "@/client/schema";

type Schemas = components["schemas"];

export type Contract = Schemas["ContractSummary"];
export type ContractDetail = Schemas["ContractDetail"];
export type ContractVersion = Schemas["ContractVersionJson"];
export type Change = Schemas["ChangeJson"];
export type Drift = Schemas["DriftJson"];
export type Terms = Schemas["TermsBody"];
export type Grant = Schemas["GrantJson"];

export const contractsQuery = (project: string) =>
  queryOptions({
    queryKey: ["contracts", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/contracts", { params: { query: { project, limit: 500 } }, signal })),
    refetchInterval: 20_000,
  });

const path = (project: string, connector: string, tool: string) => ({ path: { connector, tool }, query: { project } });

export const contractQuery = (project: string, connector: string, tool: string) =>
  queryOptions({
    queryKey: ["contracts", project, connector, tool],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/contracts/{connector}/{tool}", { params: path(project, connector, tool), signal })),
  });

export const contractHistoryQuery = (project: string, connector: string, tool: string) =>
  queryOptions({
    queryKey: ["contracts", project, connector, tool, "history"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/contracts/{connector}/{tool}/history", { params: path(project, connector, tool), signal })),
  });

export const contractDiffQuery = (project: string, connector: string, tool: string) =>
  queryOptions({
    queryKey: ["contracts", project, connector, tool, "diff"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/contracts/{connector}/{tool}/diff", { params: path(project, connector, tool), signal })),
  });

export const grantsQuery = (project: string) =>
  queryOptions({
    queryKey: ["tool-grants", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/tool-grants", { params: { query: { project } }, signal })),
  });

export function useContractsChanged(project: string): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ["contracts", project] });
}
