import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FileUp } from "lucide-react";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { useProject } from "@/client/project";
import type { components } from "@/client/schema";
import { Card, Section } from "@/features/settings/section";
import { Badge } from "@/ui/badges";
import { Button, buttonClass } from "@/ui/button";
import { CodeEditor } from "@/ui/code/code";
import { Input, Labelled, Select } from "@/ui/form";
import { plural } from "@/ui/format";
import { FailedLine } from "@/ui/states";
import { useRegistryChanged } from "./change";

type Format = components["schemas"]["ImportBody"]["format"];
type Result = components["schemas"]["ImportView"];

const FORMATS: readonly { value: Format; label: string }[] = [
  { value: "backstage", label: "Backstage catalog-info.yaml" },
  { value: "codeowners", label: "CODEOWNERS" },
  { value: "csv", label: "CSV" },
];
const SAMPLES: Record<Format, string> = {
  backstage: "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: refund-desk\nspec:\n  type: agent\n  owner: group:support",
  codeowners: "/agents/refund-desk/  @acme/support  ann@example.org",
  csv: "agent,team,owner,tier,runbook\nrefund-desk,support,ann,1,https://wiki.example.org/refunds",
};

/** Owners from files that exist already: first what would change, then the change. */
export function RegisterImport() {
  const project = useProject();
  const changed = useRegistryChanged(project);
  const [format, setFormat] = useState<Format>("backstage");
  const [text, setText] = useState("");
  const [template, setTemplate] = useState("agents/{agent}/");
  const [partial, setPartial] = useState(false);
  const run = useMutation({
    mutationFn: (dry: boolean): Promise<Result> => dataOf(api.POST("/api/v1/registry/import", { params: { query: { project } }, body: { format, text, dry_run: dry, partial, types: [], paths: {}, template: format === "codeowners" ? template : "", dialect: "" } })),
    onSuccess: async (result) => {
      if (result.applied) await changed(`${plural(result.changes.length, "change")} made`);
    },
  });
  const edit = (next: string) => {
    setText(next);
    run.reset();
  };
  const result = run.data;
  const ready = result !== undefined && !result.applied && result.changes.length > 0 && (result.faults.length === 0 || partial);
  return (
    <Section
      title="Import owners"
      about="Agents, teams and people from files you have. Nothing is changed before you have seen what would be."
      aside={
        <Link to="/on-call" search={{ tab: "agents" }} className={buttonClass()}>
          Agents and owners
        </Link>
      }
    >
      <Card className="p-4">
        <div className="flex flex-col gap-4">
          <div className="flex flex-wrap items-end gap-3">
            <Labelled label="Format">
              {(id) => (
                <Select
                  id={id}
                  label="Format"
                  value={format}
                  choices={FORMATS}
                  onChange={(value) => {
                    setFormat(value as Format);
                    run.reset();
                  }}
                />
              )}
            </Labelled>
            {format === "codeowners" ? <Labelled label="Where agents live" hint="{agent} stands for the name of the folder.">{(id) => <Input id={id} value={template} onChange={(event) => setTemplate(event.target.value)} />}</Labelled> : null}
            <label className={`${buttonClass()} cursor-pointer focus-within:outline-2 focus-within:outline-focus`}>
              <FileUp className="size-3.5 text-muted" aria-hidden /> Choose a file
              <input type="file" className="sr-only" aria-label="Choose a file" onChange={(event) => void event.target.files?.[0]?.text().then(edit)} />
            </label>
          </div>
          <CodeEditor label="The file" language="text" rows={10} text={text} onChange={edit} placeholder={SAMPLES[format]} />
          <label className="flex min-h-6 items-center gap-2 text-xs">
            <input type="checkbox" className="accent-(--accent)" checked={partial} onChange={(event) => setPartial(event.target.checked)} />
            Take what has no faults, and leave the rest
          </label>
          <FailedLine error={run.error} />
          <div className="flex gap-2">
            <Button disabled={!text.trim() || run.isPending} onClick={() => run.mutate(true)}>
              Show what would change
            </Button>
            <Button look="primary" disabled={!ready || run.isPending} onClick={() => run.mutate(false)}>
              {result && !result.applied && result.changes.length ? `Make ${plural(result.changes.length, "change")}` : "Make the changes"}
            </Button>
          </div>
        </div>
      </Card>
      {result ? <Shown result={result} /> : null}
    </Section>
  );
}

function Shown({ result }: { result: Result }) {
  return (
    <Card className="p-4">
      <h3 className="text-sm font-semibold">
        {result.applied ? "Changed" : "Would change"} {plural(result.changes.length, "thing")}; {result.unchanged} {result.unchanged === 1 ? "is" : "are"} so already
      </h3>
      {result.faults.length ? (
        <ul aria-label="Faults" className="mt-2 text-xs text-bad">
          {result.faults.map((fault) => (
            <li key={`${fault.where} ${fault.field}`}>
              {fault.where}: {fault.field}: expected {fault.expected}
            </li>
          ))}
        </ul>
      ) : null}
      <ul aria-label="Changes" className="mt-2 divide-y divide-line text-xs">
        {result.changes.map((change) => (
          <li key={`${change.kind} ${change.name}`} className="py-2">
            <span className="flex items-center gap-2">
              <Badge tone={change.action === "added" ? "ok" : "accent"}>{change.action}</Badge>
              <span className="text-muted">{change.kind}</span> <span className="font-medium">{change.name}</span>
              <span className="ml-auto text-2xs text-muted">{change.where}</span>
            </span>
            <dl className="mt-1 pl-4 font-mono text-2xs">
              {change.fields.map((field) => (
                <div key={field.field} className="flex flex-wrap gap-x-2">
                  <dt className="text-muted">{field.field}</dt>
                  <dd>
                    <del className="text-bad">{written(field.before)}</del> <ins className="text-ok no-underline">{written(field.after)}</ins>
                  </dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ul>
      {result.notes.map((note) => (
        <p key={note} className="mt-1 text-xs text-muted">
          {note}
        </p>
      ))}
    </Card>
  );
}

const written = (value: unknown): string => (value === "" || value === null || value === undefined || (Array.isArray(value) && value.length === 0) ? "" : typeof value === "string" ? value : JSON.stringify(value));
