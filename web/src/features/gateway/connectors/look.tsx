import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CircleX, Database, FlaskConical, Files, Globe, Plug, type LucideIcon } from "lucide-react";
import { api, dataOf } from "@/client/api";
import { Badge } from "@/ui/badges";
import { Button } from "@/ui/button";
import { duration, plural } from "@/ui/format";
import { FailedLine } from "@/ui/states";
import { testedKey, testedQuery, type ConnectorKind, type ToolFailure } from "./queries";

export const KINDS: Record<ConnectorKind, { icon: LucideIcon; word: string; what: string }> = {
  http: { icon: Globe, word: "HTTP", what: "A REST service: its operations, or its OpenAPI document" },
  sql: { icon: Database, word: "SQL", what: "A database, read only unless you say otherwise" },
  batch: { icon: Files, word: "Batch files", what: "Files that a system delivers: loaded into tables that can be asked" },
  mcp: { icon: Plug, word: "MCP", what: "A server that offers tools of its own" },
};

export function KindMark({ kind }: { kind: ConnectorKind }) {
  const { icon: Icon, word, what } = KINDS[kind];
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap" title={what}>
      <Icon className="size-3.5 shrink-0 text-muted" aria-hidden /> {word}
    </span>
  );
}

/** Reaches the system once, and says how that went. */
export function TestButton({ project, name }: { project: string; name: string }) {
  const client = useQueryClient();
  const test = useMutation({
    mutationFn: () => dataOf(api.POST("/api/v1/connectors/{name}/test", { params: { path: { name }, query: { project } } })),
    onSuccess: (tested) => client.setQueryData(testedKey(project, name), tested),
  });
  return (
    <>
      <FailedLine error={test.error} />
      <Button disabled={test.isPending} onClick={() => test.mutate()} aria-label={`Test ${name}`}>
        <FlaskConical className="size-3.5 text-muted" aria-hidden /> {test.isPending ? "Reaching …" : "Test"}
      </Button>
    </>
  );
}

/** What the last test found, in a word; `whole` with all that was said. */
export function TestedMark({ project, name, whole = false }: { project: string; name: string; whole?: boolean }) {
  const { data } = useQuery(testedQuery(project, name));
  if (!data) return whole ? null : <span className="whitespace-nowrap text-faint">not tested</span>;
  if (data.ok)
    return (
      <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Badge tone="ok" title={data.said}>
          <CircleCheck aria-hidden /> reached in {duration(data.seconds * 1000)}
        </Badge>
        {whole ? <span className="text-xs text-muted">{[data.said, plural(data.tools, "tool")].filter(Boolean).join(" · ")}</span> : null}
      </span>
    );
  return whole && data.failure ? (
    <FailureNote failure={data.failure} />
  ) : (
    <Badge tone="bad" title={data.failure?.what ?? data.said}>
      <CircleX aria-hidden /> {data.failure?.code.replaceAll("_", " ") ?? "failed"}
    </Badge>
  );
}

/** A failure as the agent gets it: what failed, what not to conclude, whether to try again. */
export function FailureNote({ failure }: { failure: ToolFailure }) {
  return (
    <section className="rounded-lg border border-line bg-bad-soft p-3 text-xs" aria-label="What failed">
      <p className="font-medium text-bad [overflow-wrap:anywhere]">
        <span className="font-mono text-2xs">{failure.code}</span> · {failure.what}
      </p>
      <p className="mt-1">{failure.do_not_conclude}</p>
      <p className="mt-1 text-muted">
        Retry: {failure.retry}
        {failure.retry_after_s === null ? "" : `, after ${duration(failure.retry_after_s * 1000)}`}
      </p>
    </section>
  );
}
