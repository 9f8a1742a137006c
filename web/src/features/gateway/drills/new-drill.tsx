import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Button } from "@/ui/button";
import { inputClass, Input, Labelled, Select } from "@/ui/form";
import { Dialog } from "@/ui/overlay";
import { FailedLine } from "@/ui/states";
import { FaultPicker } from "./fault-picker";
import { faultsQuery } from "./queries";

const SOURCES = [
  { value: "runs", label: "What its newest runs were asked" },
  { value: "csv", label: "A table of tasks" },
];

const USUAL = { name: "", csv: "", jsonl: "", settings: {}, persistent: false, clean_runs: 2, concurrency: 2, timeout_s: 120, seed: 1, via: "url", body: '{"input": "{input}"}', answer_field: "", run_here: true } as const;

/** A drill of an agent that answers at a URL: the server makes the runs. Others are started where they live, by the CLI. */
export function NewDrill({ project, onClose }: { project: string; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const faults = useQuery(faultsQuery(project));
  const [agent, setAgent] = useState("");
  const [url, setUrl] = useState("");
  const [source, setSource] = useState("runs");
  const [csv, setCsv] = useState("input,expected\n");
  const [budget, setBudget] = useState("200");
  const [pairs, setPairs] = useState(true);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const items = faults.data?.items ?? [];
  const chosen = new Set(items.map((each) => each.name).filter((name) => !left.has(name)));
  const start = useMutation({
    mutationFn: () =>
      dataOf(
        api.POST("/api/v1/drills", {
          params: { query: { project } },
          body: {
            ...USUAL,
            cases: [],
            agent: agent.trim(),
            url: url.trim(),
            faults: [...chosen],
            budget: Number(budget),
            pairs,
            ...(source === "csv" ? { csv } : { runs: { filter: [], ids: [], limit: 20 } }),
          },
        }),
      ),
    onSuccess: async (drill) => {
      await client.invalidateQueries({ queryKey: ["drills", project] });
      await navigate({ to: "/gateway/drills/$drillId", params: { drillId: drill.id } });
    },
  });
  const ready = agent.trim() !== "" && url.trim() !== "" && chosen.size > 0;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="New drill" description="For an agent that answers at a URL. One that is a program is drilled where it lives: roadworthy drill." width="max-w-lg">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) start.mutate();
        }}
      >
        <div className="grid gap-3 sm:grid-cols-2">
          <Labelled label="Agent">{(id) => <Input id={id} required value={agent} onChange={(event) => setAgent(event.target.value)} />}</Labelled>
          <Labelled label="Runs at most" hint="Clean ones included">
            {(id) => <Input id={id} type="number" min={1} max={5000} value={budget} onChange={(event) => setBudget(event.target.value)} />}
          </Labelled>
          <Labelled label="URL" className="sm:col-span-2" hint='It gets a POST of {"input": "the task"}'>
            {(id) => <Input id={id} type="url" required value={url} placeholder="https://agent.example.org/ask" onChange={(event) => setUrl(event.target.value)} />}
          </Labelled>
          <Labelled label="Tasks" className="sm:col-span-2">
            {(id) => <Select id={id} label="Tasks" value={source} choices={SOURCES} onChange={setSource} />}
          </Labelled>
          {source === "csv" ? (
            <Labelled label="Table" className="sm:col-span-2" hint="CSV with columns input and expected">
              {(id) => <textarea id={id} className={`${inputClass} h-28 py-1.5 font-mono`} value={csv} onChange={(event) => setCsv(event.target.value)} />}
            </Labelled>
          ) : null}
        </div>
        <label className="flex min-h-6 items-center gap-1.5 text-xs">
          <input type="checkbox" className="accent-(--accent)" checked={pairs} onChange={(event) => setPairs(event.target.checked)} /> also two faults in one run
        </label>
        <FaultPicker faults={items} chosen={chosen} onChange={(next) => setLeft(new Set(items.map((each) => each.name).filter((name) => !next.has(name))))} />
        <FailedLine error={start.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={!ready || start.isPending}>
            Start
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
