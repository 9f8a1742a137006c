import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import type { components } from "@/client/schema";
import { Button } from "@/ui/button";
import { Input, Labelled } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { useGatewayChanged } from "../queries";

interface KeyDialogProps {
  project: string;
  onClose: () => void;
  onMade: (made: components["schemas"]["MadeGatewayKey"]) => void;
}

export function KeyDialog({ project, onClose, onMade }: KeyDialogProps) {
  const changed = useGatewayChanged(project);
  const [name, setName] = useState("");
  const [agent, setAgent] = useState("");
  const [release, setRelease] = useState("");
  const [routes, setRoutes] = useState("");
  const [key] = useState(idempotency);
  const make = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST("/api/v1/gateway/keys", {
          params: { query: { project } },
          headers: key,
          body: { name: name.trim() || agent.trim(), agent: agent.trim(), release: release.trim(), routes: routes.split(",").map((each) => each.trim()).filter(Boolean) },
        }),
      ),
    onSuccess: async (made) => {
      await changed();
      onMade(made);
    },
  });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="New key">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Labelled label="Agent" hint="Whose calls they are">
          {(id) => <Input id={id} required value={agent} onChange={(event) => setAgent(event.target.value)} />}
        </Labelled>
        <Labelled label="Name" hint="Such as: production">
          {(id) => <Input id={id} value={name} onChange={(event) => setName(event.target.value)} />}
        </Labelled>
        <Labelled label="Release" hint="Empty: whichever the call names">
          {(id) => <Input id={id} value={release} onChange={(event) => setRelease(event.target.value)} />}
        </Labelled>
        <Labelled label="Routes it may ask for" hint="With commas between; empty: every route">
          {(id) => <Input id={id} value={routes} onChange={(event) => setRoutes(event.target.value)} />}
        </Labelled>
        <FailedLine error={make.error} />
        <Button type="submit" look="primary" className="self-end" disabled={make.isPending || !agent.trim()}>
          Make key
        </Button>
      </form>
    </Dialog>
  );
}
