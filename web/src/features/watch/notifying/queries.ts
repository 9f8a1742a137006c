import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import type { components } from "@/client/schema";

type Schemas = components["schemas"];
export type Channel = Schemas["ChannelView"];
export type ChannelKind = Schemas["ChannelKindView"];
export type Silence = Schemas["SilenceView"];
export type Matcher = Schemas["MatcherBody"];

export const channelKindsQuery = (project: string) =>
  queryOptions({ queryKey: ["channel-kinds", project], staleTime: Infinity, queryFn: ({ signal }) => dataOf(api.GET("/api/v1/channel-kinds", { params: { query: { project } }, signal })) });

export const channelsQuery = (project: string) =>
  queryOptions({ queryKey: ["channels", project], queryFn: ({ signal }) => dataOf(api.GET("/api/v1/channels", { params: { query: { project } }, signal })) });

export const silencesQuery = (project: string, over: boolean) =>
  queryOptions({ queryKey: ["silences", project, over], queryFn: ({ signal }) => dataOf(api.GET("/api/v1/silences", { params: { query: { project, ...(over ? { over } : {}) } }, signal })) });
