import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, dataOf } from "@/client/api";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { CodeEditor } from "@/ui/code/code";
import { CopyButton } from "@/ui/copy";
import { plural } from "@/ui/format";
import { Dialog } from "@/ui/overlay";
import { FailedLine, SkeletonRows } from "@/ui/states";
import { notify } from "@/ui/toast";
import { FieldFaults } from "./field-faults";
import { connectorFileQuery, useConnectorsChanged } from "./queries";

const FIRST = `connectors:
  crm:
    kind: http
    settings:
      url: https://crm.example.com/api
      auth: {type: bearer, token: {secret: crm_token}}
      operations:
        find_customer:
          path: /customers/{id}
          arguments: {id: {type: string}}
`;

/** All connectors as the YAML that declares them: first what would change, then the change. */
export function FileDialog({ project, onClose }: { project: string; onClose: () => void }) {
  const changed = useConnectorsChanged(project);
  const file = useQuery({ ...connectorFileQuery(project), refetchOnMount: "always", refetchOnWindowFocus: false });
  const [edited, setEdited] = useState<string>();
  const there = file.data && /^\s+kind:/m.test(file.data.yaml) ? file.data.yaml : FIRST;
  const text = edited ?? there;
  const apply = useMutation({
    mutationFn: (dry: boolean) => dataOf(api.POST("/api/v1/connector-file", { params: { query: { project } }, body: { yaml: text, dry_run: dry } })),
    onSuccess: async (result) => {
      if (!result.applied) return;
      await changed();
      notify("Connectors are as the file says");
      onClose();
    },
  });
  const changes = apply.data?.changes.filter((each) => each.change !== "same") ?? [];
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Connectors as YAML" description="As `roadworthy connect apply` takes them. Secrets stand by name; what the file does not name stays." width="max-w-3xl">
      {file.isError ? (
        <FailedLine error={file.error} />
      ) : file.isPending ? (
        <SkeletonRows rows={6} height={28} />
      ) : (
        <div className="flex flex-col gap-3">
          <div className="relative">
            <CodeEditor
              label="Connectors as YAML"
              language="text"
              rows={16}
              maxHeight="46vh"
              text={text}
              onChange={(next) => {
                setEdited(next);
                apply.reset();
              }}
            />
            <CopyButton text={text} label="Copy the file" className="absolute top-1 right-3 bg-surface" />
          </div>
          <FieldFaults error={apply.error} under="body.yaml." />
          {apply.data ? (
            <ul aria-label="Changes" className="text-xs">
              {changes.length ? null : <li className="text-muted">Nothing would change.</li>}
              {changes.map((each) => (
                <li key={each.name} className="flex flex-wrap items-center gap-x-2 border-t border-line py-1 first:border-t-0">
                  <Badge tone={each.change === "added" ? "ok" : "accent"}>{each.change}</Badge>
                  <span className="font-medium">{each.name}</span>
                  <span className="text-muted">{each.fields.join(", ")}</span>
                  {each.dropped_secrets.length ? <span className="text-warn">to be entered again: {each.dropped_secrets.join(", ")}</span> : null}
                </li>
              ))}
            </ul>
          ) : null}
          <div className="flex justify-end gap-2">
            <Button disabled={apply.isPending} onClick={() => apply.mutate(true)}>
              Show what would change
            </Button>
            <Button look="primary" disabled={!changes.length || apply.isPending} onClick={() => apply.mutate(false)}>
              {changes.length ? `Make ${plural(changes.length, "change")}` : "Make the changes"}
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
