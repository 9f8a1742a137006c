import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import { notify } from "@/ui/toast";
import type { Action, Incident, IncidentChange } from "./types";

export const DONE: Record<Action, string> = { acknowledge: "Acknowledged: it is yours", mitigate: "Mitigated", resolve: "Resolved", reopen: "Open again" };

const PATHS = {
  acknowledge: "/api/v1/incidents/{incident_id}/acknowledge",
  mitigate: "/api/v1/incidents/{incident_id}/mitigate",
  resolve: "/api/v1/incidents/{incident_id}/resolve",
  reopen: "/api/v1/incidents/{incident_id}/reopen",
} as const;

/** Reads anew whatever shows an incident. */
export function useIncidentChanged(project: string): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await Promise.all(["incidents", "incident", "incident-figures", "registry"].map((noun) => client.invalidateQueries({ queryKey: [noun, project] })));
  };
}

/** What people do about an incident: one button each. */
export function useAct(project: string) {
  const changed = useIncidentChanged(project);
  return useMutation({
    mutationFn: ({ id, action, note = "" }: { id: string; action: Action; note?: string }) => dataOf(api.POST(PATHS[action], { params: { path: { incident_id: id }, query: { project } }, body: { note } })),
    onSuccess: async (_, { action }) => {
      notify(DONE[action]);
      await changed();
    },
    onError: (error) => notify("It was not changed", error.message),
  });
}

export function useEdit(project: string) {
  const changed = useIncidentChanged(project);
  return useMutation({
    mutationFn: ({ id, change }: { id: string; change: Partial<IncidentChange> }): Promise<Incident> => dataOf(api.PATCH("/api/v1/incidents/{incident_id}", { params: { path: { incident_id: id }, query: { project } }, body: change })),
    onSuccess: changed,
    onError: (error) => notify("It was not changed", error.message),
  });
}
