import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf, idempotency } from "@/client/api";
import { Button } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { useGatewayChanged, type CallLimit } from "../queries";

const SCOPES = ["project", "agent", "key", "route", "model"].map((value) => ({ value, label: value }));

export function LimitDialog({ project, onClose }: { project: string; onClose: () => void }) {
  const changed = useGatewayChanged(project);
  const [scope, setScope] = useState<CallLimit["scope"]>("agent");
  const [subject, setSubject] = useState("");
  const [requests, setRequests] = useState("");
  const [tokens, setTokens] = useState("");
  const [key] = useState(idempotency);
  const save = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST("/api/v1/gateway/limits", {
          params: { query: { project } },
          headers: key,
          body: { scope, subject: subject.trim(), requests_per_minute: requests === "" ? null : Number(requests), tokens_per_minute: tokens === "" ? null : Number(tokens) },
        }),
      ),
    onSuccess: async () => {
      await changed();
      onClose();
    },
  });
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="New limit" description="A minute’s worth at once, after that evenly.">
      <form
        className="grid gap-3 sm:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Labelled label="Of">{(id) => <Select id={id} label="Of" value={scope} choices={SCOPES} onChange={(value) => setScope(value as CallLimit["scope"])} />}</Labelled>
        <Labelled label="Which" hint="Empty: each of them by itself">
          {(id) => <Input id={id} value={subject} onChange={(event) => setSubject(event.target.value)} />}
        </Labelled>
        <Labelled label="Requests a minute">{(id) => <Input id={id} type="number" min={1} value={requests} onChange={(event) => setRequests(event.target.value)} />}</Labelled>
        <Labelled label="Tokens a minute">{(id) => <Input id={id} type="number" min={1} value={tokens} onChange={(event) => setTokens(event.target.value)} />}</Labelled>
        <FailedLine error={save.error} />
        <Button type="submit" look="primary" className="justify-self-end sm:col-span-2" disabled={save.isPending || (requests === "" && tokens === "")}>
          Save limit
        </Button>
      </form>
    </Dialog>
  );
}
