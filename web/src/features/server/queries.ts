import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";

export const serverQuery = queryOptions({
  queryKey: ["server"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/v1/server", { signal })),
  refetchInterval: 15_000,
});

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/v1/projects", { signal })),
});

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/v1/me", { signal })),
  staleTime: 60_000,
});

export const storageQuery = (project: string) =>
  queryOptions({
    queryKey: ["storage", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/storage", { params: { query: { project } }, signal })),
  });
