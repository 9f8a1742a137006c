import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, dataOf } from "@/client/api";
import { notify } from "@/ui/toast";
import type { IssueChange } from "../types";

interface Asked {
  id: string;
  change: IssueChange;
  /** What to say when it is done: "Resolved". */
  done: string;
}

/** Changes issues: state, assignee. What is shown is read anew afterwards. */
export function useIssueChange(project: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, change }: Asked) => dataOf(api.PATCH("/api/v1/issues/{issue_id}", { params: { path: { issue_id: id }, query: { project } }, body: { reason: "", ...change } })),
    onSuccess: async (_, { done }) => {
      notify(done);
      await Promise.all([["issues", project], ["issue", project]].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
    onError: (error) => notify("It was not changed", error.message),
  });
}
