import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, dataOf } from "@/client/api";
import type { components } from "@/client/schema";

type Schemas = components["schemas"];

/** What is asked for, by kind. */
export type Wanted = { kind: "replay"; body: Schemas["NewReplay"] } | { kind: "fork"; body: Schemas["NewFork"] } | { kind: "bisect"; body: Schemas["NewBisect"] };

/** Starts an inquiry about a run, and opens its page. */
export function useStart(project: string, runId: string) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const params = { path: { run_id: runId }, query: { project } };
  return useMutation({
    mutationFn: (wanted: Wanted) => {
      if (wanted.kind === "replay") return dataOf(api.POST("/api/v1/runs/{run_id}/replay", { params, body: wanted.body }));
      if (wanted.kind === "fork") return dataOf(api.POST("/api/v1/runs/{run_id}/fork", { params, body: wanted.body }));
      return dataOf(api.POST("/api/v1/runs/{run_id}/bisect", { params, body: wanted.body }));
    },
    onSuccess: async (inquiry) => {
      void client.invalidateQueries({ queryKey: ["inquiries", project] });
      await navigate({ to: "/inquiries/$inquiryId", params: { inquiryId: inquiry.id } });
    },
  });
}
