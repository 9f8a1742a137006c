import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { BellRing } from "lucide-react";
import { api, dataOf } from "@/client/api";
import { Button } from "@/ui/button";
import { notify } from "@/ui/toast";
import type { RegisteredAgent } from "../types";

/** Proves that the chain works: whoever is on call is paged, and has to acknowledge it. */
export function TestPage({ project, agent }: { project: string; agent: RegisteredAgent }) {
  const navigate = useNavigate();
  const send = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/agents/{agent}/test-page", { params: { path: { agent: agent.name }, query: { project } } })),
    onSuccess: async (incident) => {
      notify("Test page sent", "It proves the chain once somebody acknowledges it.");
      await navigate({ to: "/incidents/$incidentId", params: { incidentId: incident.id } });
    },
    onError: (error) => notify("The test page was not sent", error.message),
  });
  return (
    <Button disabled={send.isPending} onClick={() => send.mutate()} aria-label={`Test page for ${agent.name}`} title="Pages whoever is on call now; acknowledging it proves that the chain works">
      <BellRing className="size-3.5 text-muted" aria-hidden /> Test page
    </Button>
  );
}
