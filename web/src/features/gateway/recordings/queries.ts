import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import type { components } from "@/client/schema";

export type Exchange = components["schemas"]["ExchangeView"];
export type Recording = components["schemas"]["RecordingView"];
export type RecordedMessage = components["schemas"]["RecordedMessageView"];

/** Every call of the run through the gateway, by start. */
export const runExchangesQuery = (project: string, runId: string) =>
  queryOptions({
    queryKey: ["exchanges", project, runId],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/runs/{run_id}/exchanges", { params: { path: { run_id: runId }, query: { project } }, signal })),
  });

export const recordingQuery = (project: string, exchangeId: string, full: boolean) =>
  queryOptions({
    queryKey: ["recording", project, exchangeId, full],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/exchanges/{exchange_id}/recording", { params: { path: { exchange_id: exchangeId }, query: { project, full } }, signal })),
    staleTime: 60_000,
  });
