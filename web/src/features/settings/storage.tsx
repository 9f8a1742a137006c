import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api, dataOf } from "@/client/api";
import { useProject } from "@/client/project";
import { ALL_TIME } from "@/client/time-range";
import type { Storage } from "@/client/types";
import { projectsQuery, storageQuery } from "@/features/server/queries";
import { Button, buttonClass } from "@/ui/button";
import { Input, Labelled } from "@/ui/form";
import { bytes, count, plural, UNKNOWN } from "@/ui/format";
import { Failed, FailedLine, SkeletonRows } from "@/ui/states";
import { notify } from "@/ui/toast";
import { Card, Section } from "./section";

export function StorageSettings() {
  const project = useProject();
  const storage = useQuery(storageQuery(project));
  return (
    <Section title="Storage and retention" about="What is kept of this project, how long, and how to take it elsewhere.">
      {storage.isError ? (
        <Failed what="Storage" error={storage.error} retry={() => void storage.refetch()} />
      ) : storage.isPending ? (
        <SkeletonRows rows={4} />
      ) : (
        <>
          <Figures storage={storage.data} />
          <Retention key={project} project={project} days={storage.data.retention_days} />
          <Exports project={project} />
        </>
      )}
    </Section>
  );
}

function Figures({ storage }: { storage: Storage }) {
  const perSpan = storage.spans ? storage.bytes_on_disk / storage.spans : null;
  const all = (value: string, search: { from: string; to?: string; col?: string[] }) => (
    <Link to="/runs" search={search} className="rounded hover:link">
      {value}
    </Link>
  );
  const [first, last] = [storage.days[0], storage.days.at(-1)];
  const facts: [string, ReactNode, string?][] = [
    ["Runs", all(count(storage.runs), { from: ALL_TIME })],
    ["Steps", all(count(storage.spans), { from: ALL_TIME, col: ["run", "agent", "spans", "model_calls", "tool_calls", "started_at"] }), "The runs they belong to, with how many each has"],
    ["On disk", storage.bytes_on_disk ? bytes(storage.bytes_on_disk) : UNKNOWN, storage.bytes_on_disk ? "Of this project where the store can tell, else of all" : "The store cannot tell"],
    ["A step takes", perSpan ? bytes(perSpan) : UNKNOWN],
    ["Free on the disk", bytes(storage.disk_free_bytes)],
    ["Days with data", first && last ? all(daysOf(storage.days), { from: `${first}T00:00:00Z`, to: `${last}T23:59:59.999Z` }) : "none", "Days of UTC: as they are stored, and dropped"],
  ];
  return (
    <Card>
      <dl className="grid grid-cols-2 gap-px bg-line sm:grid-cols-3">
        {facts.map(([label, value, title]) => (
          <div key={label} className="bg-surface px-4 py-3" title={title}>
            <dt className="text-xs text-muted">{label}</dt>
            <dd className="num text-base font-medium">{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function daysOf(days: readonly string[]): string {
  const [first, last] = [days[0] ?? "", days.at(-1) ?? ""];
  return first === last ? `1 (${first})` : `${days.length} (${first} to ${last})`;
}

function Retention({ project, days }: { project: string; days: number | null }) {
  const client = useQueryClient();
  const [typed, setTyped] = useState(days === null ? "" : String(days));
  const save = useMutation({
    mutationFn: () =>
      dataOf(api.PATCH("/api/v1/projects/{project_id}", { params: { path: { project_id: project } }, body: { retention_days: typed.trim() === "" ? null : Number(typed) } })),
    onSuccess: async (saved) => {
      notify("Retention saved", saved.retention_days === null ? "Everything is kept" : `Days older than ${saved.retention_days} days are dropped`);
      await client.invalidateQueries({ queryKey: storageQuery(project).queryKey });
      await client.invalidateQueries({ queryKey: projectsQuery.queryKey });
    },
  });
  const wanted = typed.trim() === "" ? null : Number(typed);
  const shorter = wanted !== null && (days === null || wanted < days);
  return (
    <Card className="p-4">
      <form
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <div className="min-w-60 flex-1">
          <h3 className="text-sm font-semibold">Retention</h3>
          <p className="text-xs text-muted">Whole days older than this are dropped for good, in the background.</p>
        </div>
        <Labelled label="Days (empty: keep everything)" className="w-48">
          {(id) => <Input id={id} type="number" min={1} max={36500} step={1} value={typed} onChange={(event) => setTyped(event.target.value)} />}
        </Labelled>
        <Button type="submit" look={shorter ? "danger" : "plain"} disabled={wanted === days || save.isPending}>
          {shorter ? `Drop all but the last ${plural(wanted, "day")}` : "Save"}
        </Button>
      </form>
      <FailedLine error={save.error} />
    </Card>
  );
}

const FILES = { runs: "Runs", spans: "Steps", scores: "Scores" } as const;

function Exports({ project }: { project: string }) {
  return (
    <Card className="p-4">
      <h3 className="text-sm font-semibold">Export</h3>
      <p className="text-xs text-muted">Everything of this project, as files that any tool reads, and that <code className="font-mono">roadworthy import</code> takes back.</p>
      <div className="mt-3 flex flex-wrap gap-2">
        {(["runs", "spans", "scores"] as const).flatMap((what) =>
          (["jsonl", "parquet"] as const).map((format) => (
            <a key={`${what} ${format}`} href={`/api/v1/export?${new URLSearchParams({ project, what, format }).toString()}`} download={`${project}-${what}.${format}`} className={buttonClass()}>
              <Download className="size-3.5 text-muted" aria-hidden /> {FILES[what]} as {format === "jsonl" ? "JSON lines" : "Parquet"}
            </a>
          )),
        )}
      </div>
    </Card>
  );
}
