import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import { notify } from "@/ui/toast";

/** Reads anew whatever shows a monitor. */
export function useMonitorChanged(project: string): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await Promise.all(["monitors", "monitor"].map((noun) => client.invalidateQueries({ queryKey: [noun, project] })));
  };
}

export type Deed = { kind: "pause" | "resume" | "rebaseline"; reason: string } | { kind: "delete" };

const DONE = { pause: "Paused: results that come are not looked at", resume: "It watches again", rebaseline: "It learns anew what is usual", delete: "Deleted; its alarms stay" };

/** What people do about a monitor. */
export function useDeed(project: string, id: string) {
  const changed = useMonitorChanged(project);
  const params = { path: { monitor_id: id }, query: { project } };
  return useMutation({
    mutationFn: async (deed: Deed): Promise<void> => {
      if (deed.kind === "delete") await api.DELETE("/api/v1/monitors/{monitor_id}", { params });
      else if (deed.kind === "rebaseline") await dataOf(api.POST("/api/v1/monitors/{monitor_id}/rebaseline", { params, body: { reason: deed.reason } }));
      else await dataOf(api.POST("/api/v1/monitors/{monitor_id}/pause", { params, body: { paused: deed.kind === "pause", reason: deed.reason } }));
    },
    onSuccess: async (_, deed) => {
      notify(DONE[deed.kind]);
      if (deed.kind !== "delete") await changed();
    },
  });
}
