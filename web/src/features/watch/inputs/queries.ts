import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";

/** Every read of this room. Keys start with the noun and the project. */

export const inputsQuery = (project: string, agent: string) =>
  queryOptions({
    queryKey: ["inputs", project, agent],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/inputs", { params: { query: { project, agent } }, signal })),
  });

export const inputsHistoryQuery = (project: string, id: string) =>
  queryOptions({
    queryKey: ["inputs", project, "history", id],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/inputs/{inputs_id}/history", { params: { path: { inputs_id: id }, query: { project } }, signal })),
  });
