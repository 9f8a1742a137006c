import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import type { components } from "@/client/schema";

type Schemas = components["schemas"];

export type Connector = Schemas["ConnectorView"];
export type ConnectorBody = Schemas["ConnectorBody"];
export type ConnectorKind = Connector["kind"];
export type Tested = Schemas["TestedView"];
export type ToolFailure = Schemas["FailureView"];
export type ConnectorTool = Schemas["ToolView"];
export type ToolResult = Schemas["ToolResultView"];
export type Loads = Schemas["LoadsView"];

/** Reads of connectors. Keys start with "connectors" and the project. */

const LOADING_MS = 1_500;
const STANDING_MS = 15_000;

const params = (project: string, name: string) => ({ path: { name }, query: { project } });

export const connectorsQuery = (project: string) =>
  queryOptions({
    queryKey: ["connectors", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/connectors", { params: { query: { project } }, signal })),
    refetchInterval: 20_000,
  });

export const connectorKindsQuery = (project: string) =>
  queryOptions({
    queryKey: ["connector-kinds", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/connector-kinds", { params: { query: { project } }, signal })),
    staleTime: Infinity,
  });

export const connectorFileQuery = (project: string) =>
  queryOptions({
    queryKey: ["connectors", project, "file"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/connector-file", { params: { query: { project } }, signal })),
  });

export const connectorQuery = (project: string, name: string) =>
  queryOptions({
    queryKey: ["connectors", project, "one", name],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/connectors/{name}", { params: params(project, name), signal })),
  });

/** As the gateway said within the last second; what a program wrote last stands in it. */
export const stateQuery = (project: string, name: string) =>
  queryOptions({
    queryKey: ["connectors", project, "one", name, "state"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/connectors/{name}/state", { params: params(project, name), signal })),
    refetchInterval: STANDING_MS,
  });

export const toolsQuery = (project: string, name: string) =>
  queryOptions({
    queryKey: ["connectors", project, "one", name, "tools"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/connectors/{name}/tools", { params: params(project, name), signal })),
    retry: false,
    staleTime: 30_000,
  });

export const loadsQuery = (project: string, name: string) =>
  queryOptions({
    queryKey: ["connectors", project, "one", name, "loads"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/connectors/{name}/loads", { params: params(project, name), signal })),
    refetchInterval: (query) => (query.state.data?.deliveries.some((each) => each.state === "loading" || each.state === "waiting") ? LOADING_MS : STANDING_MS),
  });

/** What the last test said: kept while the page is open, for the server keeps none. */
export const testedKey = (project: string, name: string) => ["connector-tested", project, name];

export const testedQuery = (project: string, name: string) =>
  queryOptions<Tested | null>({ queryKey: testedKey(project, name), queryFn: () => null, enabled: false, staleTime: Infinity, gcTime: Infinity });

export function useConnectorsChanged(project: string): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: ["connectors", project] });
}
