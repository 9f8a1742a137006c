import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import type { ScheduleBody, Shifts } from "./types";

/** Every read of this room. Keys start with the noun and the project. */

/** `trials`: drills and reruns among the agents, too. */
export const registryQuery = (project: string, trials = false) =>
  queryOptions({
    queryKey: ["registry", project, trials],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/registry/agents", { params: { query: { project, limit: 1000, trials } }, signal })),
    placeholderData: keepPreviousData,
  });

export const teamsQuery = (project: string) =>
  queryOptions({
    queryKey: ["teams", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/teams", { params: { query: { project } }, signal })),
  });

export const contactsQuery = (project: string) =>
  queryOptions({
    queryKey: ["contacts", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/contacts", { params: { query: { project } }, signal })),
  });

export const schedulesQuery = (project: string) =>
  queryOptions({
    queryKey: ["schedules", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/schedules", { params: { query: { project } }, signal })),
  });

export const shiftsQuery = (project: string, name: string, from: number, to: number) =>
  queryOptions({
    queryKey: ["schedules", project, "shifts", name, from, to],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/v1/schedules/{name}/shifts", {
          params: { path: { name }, query: { project, from: new Date(from).toISOString(), to: new Date(to).toISOString() } },
          signal,
        }),
      ),
    placeholderData: (previous) => previous,
  });

/** What would come of a schedule if it were saved so; nothing is kept. */
export const previewQuery = (project: string, name: string, body: ScheduleBody, from: number, to: number) =>
  queryOptions({
    queryKey: ["schedule-preview", project, name, JSON.stringify(body), from],
    retry: false,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }): Promise<Shifts> =>
      dataOf(
        api.POST("/api/v1/schedules/{name}/preview", {
          params: { path: { name }, query: { project, from: new Date(from).toISOString(), to: new Date(to).toISOString() } },
          body,
          signal,
        }),
      ),
  });

export const policiesQuery = (project: string) =>
  queryOptions({
    queryKey: ["policies", project],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/escalation-policies", { params: { query: { project } }, signal })),
  });

export const onCallQuery = (project: string, agent: string) =>
  queryOptions({
    queryKey: ["on-call", project, agent],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/agents/{agent}/on-call", { params: { path: { agent }, query: { project } }, signal })),
  });

/** What was read of a thing, given back when it is saved: so that nobody overwrites somebody else's change unseen. */
export const ifUnchanged = (version: string | undefined): Record<string, string> => (version ? { "if-match": `"${version}"` } : { "if-none-match": "*" });
