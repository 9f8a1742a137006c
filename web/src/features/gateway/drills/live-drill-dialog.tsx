import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import type { components } from "@/client/schema";
import { Button } from "@/ui/button";
import { Input, Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { FaultPicker } from "./fault-picker";

interface LiveDrillDialogProps {
  project: string;
  faults: readonly components["schemas"]["FaultView"][];
  onClose: () => void;
}

const KINDS = [
  { value: "tool", label: "Calls to tools" },
  { value: "model", label: "Calls to models" },
];
const LENGTHS = ["15m", "1h", "4h", "1d"].map((value) => ({ value, label: value }));

export function LiveDrillDialog({ project, faults, onClose }: LiveDrillDialogProps) {
  const client = useQueryClient();
  const [agent, setAgent] = useState("");
  const [kind, setKind] = useState<"model" | "tool">("tool");
  const [target, setTarget] = useState("");
  const [share, setShare] = useState("5");
  const [most, setMost] = useState("20");
  const [lasts, setLasts] = useState("1h");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const fitting = faults.filter((each) => each.at.includes(kind));
  const start = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST("/api/v1/live-drills", {
          params: { query: { project } },
          body: { agent: agent.trim(), kind, target: target.trim(), faults: fitting.map((each) => each.name).filter((name) => chosen.has(name)), share: Number(share) / 100, most: Number(most), lasts, settings: {} },
        }),
      ),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["live-drills", project] });
      notify("Faults are on", "It takes up to a second to hold.");
      onClose();
    },
  });
  const ready = agent.trim() !== "" && fitting.some((each) => chosen.has(each.name)) && Number(share) > 0;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Faults in live traffic" description="People who use this agent will meet them." width="max-w-lg">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) start.mutate();
        }}
      >
        <div className="grid gap-3 sm:grid-cols-2">
          <Labelled label="Agent">{(id) => <Input id={id} required value={agent} onChange={(event) => setAgent(event.target.value)} />}</Labelled>
          <Labelled label="Which calls">{(id) => <Select id={id} label="Which calls" value={kind} choices={KINDS} onChange={(value) => setKind(value === "model" ? "model" : "tool")} />}</Labelled>
          <Labelled label={kind === "model" ? "Route" : "Tool"} hint="Empty: any of them">
            {(id) => <Input id={id} value={target} placeholder={kind === "model" ? "planner" : "crm.find_customer"} onChange={(event) => setTarget(event.target.value)} />}
          </Labelled>
          <Labelled label="Share of its runs, %">{(id) => <Input id={id} type="number" min={0.1} max={100} step="any" value={share} onChange={(event) => setShare(event.target.value)} />}</Labelled>
          <Labelled label="Faults at most">{(id) => <Input id={id} type="number" min={1} max={10_000} value={most} onChange={(event) => setMost(event.target.value)} />}</Labelled>
          <Labelled label="Ends after">{(id) => <Select id={id} label="Ends after" value={lasts} choices={LENGTHS} onChange={setLasts} />}</Labelled>
        </div>
        <FaultPicker faults={fitting} chosen={chosen} onChange={setChosen} />
        <FailedLine error={start.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="danger" disabled={!ready || start.isPending}>
            Switch on
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
