import { queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";

export const keysQuery = (project: string) =>
  queryOptions({
    queryKey: ["keys", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/projects/{project_id}/keys", { params: { path: { project_id: project } }, signal })),
  });

export const pricesQuery = (project: string) =>
  queryOptions({
    queryKey: ["prices", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/prices", { params: { query: { project } }, signal })),
  });

export const jobsQuery = (project: string) =>
  queryOptions({
    queryKey: ["jobs", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/jobs", { params: { query: { project } }, signal })),
    // Quick while something runs, so that its progress is seen; quiet otherwise.
    refetchInterval: (query) => (query.state.data?.items.some((job) => job.status === "running" || job.status === "waiting") ? 1000 : false),
  });

export const rejectionsQuery = (project: string) =>
  queryOptions({
    queryKey: ["rejections", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/rejections", { params: { query: { project } }, signal })),
    refetchInterval: 10_000,
  });
