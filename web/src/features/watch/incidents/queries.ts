import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import { ALL_TIME, type TimeRange } from "@/client/time-range";
import type { DeliveryPage, IncidentState, Severity } from "./types";

/** Every read of this room. All keys of one incident start with "incident", so that a change reads them anew. */

export const STANDING: IncidentState[] = ["open", "reopened", "acknowledged", "mitigated"];

export interface IncidentSelection extends TimeRange {
  state: IncidentState[];
  severity?: Severity | undefined;
  agent?: string | undefined;
  q?: string | undefined;
  tests?: boolean | undefined;
}

export const incidentsQuery = (project: string, { state, severity, agent, q, from, to, tests }: IncidentSelection) =>
  infiniteQueryOptions({
    queryKey: ["incidents", project, { state, severity, agent, q, from, to, tests }],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET("/api/v1/incidents", {
          params: {
            query: {
              project,
              state,
              limit: 200,
              ...(severity ? { severity: [severity] } : {}),
              ...(agent ? { agent } : {}),
              ...(q ? { q } : {}),
              ...(from && from !== ALL_TIME ? { from } : {}),
              ...(to ? { to } : {}),
              ...(tests ? { tests } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (previous) => previous,
  });

/** What is not over, of all agents: for the fleet and the number beside the menu. */
export const standingQuery = (project: string) =>
  queryOptions({
    queryKey: ["incidents", project, "standing"],
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/incidents", { params: { query: { project, limit: 500 } }, signal })),
    refetchInterval: 60_000,
  });

const path = (project: string, id: string) => ({ path: { incident_id: id }, query: { project } });

export const incidentQuery = (project: string, id: string) =>
  queryOptions({ queryKey: ["incident", project, id], queryFn: ({ signal }) => dataOf(api.GET("/api/v1/incidents/{incident_id}", { params: path(project, id), signal })) });

export const timelineQuery = (project: string, id: string) =>
  queryOptions({ queryKey: ["incident", project, id, "timeline"], queryFn: ({ signal }) => dataOf(api.GET("/api/v1/incidents/{incident_id}/timeline", { params: path(project, id), signal })) });

export const postmortemQuery = (project: string, id: string) =>
  queryOptions({ queryKey: ["incident", project, id, "postmortem"], queryFn: ({ signal }) => dataOf(api.GET("/api/v1/incidents/{incident_id}/postmortem", { params: path(project, id), signal })) });

export const alarmsQuery = (project: string, id: string) =>
  queryOptions({ queryKey: ["incident", project, id, "alarms"], queryFn: ({ signal }) => dataOf(api.GET("/api/v1/incident-alarms", { params: { query: { project, incident: id, limit: 500 } }, signal })) });

export const deliveriesQuery = (project: string, which: { incident?: string; channel?: string }) =>
  queryOptions<DeliveryPage>({
    queryKey: [which.incident ? "incident" : "deliveries", project, which.incident ?? which.channel ?? "", "deliveries"],
    // What is on its way arrives, or fails, without an event of its own.
    refetchInterval: (query) => (query.state.data?.items.some((each) => each.state === "pending") ? 3000 : false),
    queryFn: ({ signal }) => dataOf(api.GET("/api/v1/deliveries", { params: { query: { project, ...which, limit: 100 } }, signal })),
  });

export const figuresQuery = (project: string, { from, to }: TimeRange) =>
  queryOptions({
    queryKey: ["incident-figures", project, from, to],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/incidents/figures", { params: { query: { project, ...(from && from !== ALL_TIME ? { from } : {}), ...(to ? { to } : {}) } }, signal })),
    placeholderData: (previous) => previous,
  });
