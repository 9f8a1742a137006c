import { keepPreviousData, queryOptions, useQueryClient } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import type { ObjectiveBody } from "./types";

/** Every read of this room. Keys start with the noun and the project. */

export const objectivesQuery = (project: string, which: { agent?: string | undefined; burning?: boolean } = {}) =>
  queryOptions({
    queryKey: ["objectives", project, which],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/objectives", { params: { query: { project, limit: 500, ...(which.agent ? { agent: which.agent } : {}), ...(which.burning ? { burning: true } : {}) } }, signal })),
    // Budgets are counted every ten seconds, and move by time alone.
    refetchInterval: 20_000,
  });

const path = (project: string, id: string) => ({ path: { objective_id: id }, query: { project } });

export const objectiveQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ["objective", project, id],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/objectives/{objective_id}", { params: path(project, id), signal })),
    refetchInterval: 20_000,
  });

export const budgetHistoryQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ["objective", project, id, "history"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/objectives/{objective_id}/history", { params: path(project, id), signal })),
  });

export const objectiveAlarmsQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ["objective", project, id, "alarms"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/objectives/{objective_id}/alarms", { params: path(project, id), signal })),
  });

/** The budget an objective would have; nothing is kept. */
export const tryQuery = (project: string, body: ObjectiveBody | undefined) =>
  queryOptions({
    queryKey: ["objective-try", project, JSON.stringify(body)],
    enabled: body !== undefined,
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => dataOf(api.POST("/api/v1/objectives/try", { params: { query: { project } }, body: body as ObjectiveBody, signal })),
  });

export function useObjectivesChanged(project: string): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await Promise.all(["objectives", "objective"].map((noun) => client.invalidateQueries({ queryKey: [noun, project] })));
  };
}
