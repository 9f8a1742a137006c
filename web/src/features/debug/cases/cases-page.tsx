import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Download, FileCheck2, Trash2 } from "lucide-react";
import { useState } from "react";
import { api } from "@/client/api";
import { useProject } from "@/client/project";
import { Badge } from "@/ui/badges";
import { buttonClass, IconButton } from "@/ui/button";
import { CodeBlock, CopyButton } from "@/ui/copy";
import { bytes, plural } from "@/ui/format";
import { Page } from "@/ui/shell/page";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { Ago } from "@/ui/time";
import { notify } from "@/ui/toast";
import { casesQuery } from "../queries";
import { Sure } from "../sure";
import type { Case } from "../types";
import { checkWords } from "../words";
import { caseCommand, fileAddress } from "./files";

const route = getRouteApi("/shell/cases");

/** Runs that agents are held to from now on, offline: one file each. */
export function CasesPage() {
  const project = useProject();
  const { agent } = route.useSearch();
  const cases = useQuery(casesQuery(project, agent));
  const [deleting, setDeleting] = useState<Case>();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: (id: string) => api.DELETE("/api/v1/cases/{case_id}", { params: { path: { case_id: id }, query: { project } } }),
    onSuccess: async () => {
      setDeleting(undefined);
      await client.invalidateQueries({ queryKey: ["cases", project] });
    },
    onError: (error) => notify("It was not deleted", error.message),
  });
  const items = cases.data?.items ?? [];
  return (
    <Page
      title="Cases"
      actions={
        <>
          {agent ? (
            <Link to="/cases" className={buttonClass()}>
              All agents, not only {agent}
            </Link>
          ) : null}
          <Link to="/inquiries" className={buttonClass()}>
            Inquiries
          </Link>
        </>
      }
    >
      <div className="h-full overflow-y-auto" tabIndex={0} role="region" aria-label="Cases">
        {cases.isError ? (
          <Failed what="Cases" error={cases.error} retry={() => void cases.refetch()} />
        ) : cases.isPending ? (
          <SkeletonRows rows={6} height={64} />
        ) : items.length === 0 ? (
          <Empty icon={<FileCheck2 />} title={agent ? `No case of ${agent} yet` : "No case yet"}>
            <p>A case is a recorded run as a test: the recordings and what is right, in one file, run without network or key in milliseconds. Open a run and choose “Make a case”; or, in a shell:</p>
            <div className="mt-5 text-left">
              <CodeBlock code={"roadworthy case add RUN --expected 42\nroadworthy case run tests/cases/*.case.jsonl"} wrap />
            </div>
          </Empty>
        ) : (
          <div className="mx-auto max-w-6xl">
            <div className="px-4 pt-4 md:px-6">
              <CodeBlock title="In CI, beside the agent's code" code="roadworthy case run tests/cases/*.case.jsonl --junit cases.xml" wrap />
            </div>
            <ul aria-label="Cases">
              {items.map((each) => (
                <CaseRow key={each.id} project={project} one={each} onDelete={() => setDeleting(each)} />
              ))}
            </ul>
            <p className="num px-4 py-3 text-2xs text-faint md:px-6">{plural(items.length, "case")}</p>
          </div>
        )}
      </div>
      {deleting ? <Sure title="Delete this case?" what={`“${deleting.name}” goes from here. Files that were downloaded stay what they are.`} act="Delete" pending={remove.isPending} onAct={() => remove.mutate(deleting.id)} onClose={() => setDeleting(undefined)} /> : null}
    </Page>
  );
}

function CaseRow({ project, one, onDelete }: { project: string; one: Case; onDelete: () => void }) {
  const command = caseCommand(one);
  return (
    <li className="border-b border-line px-4 py-3 md:px-6">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="min-w-0 text-sm font-medium [overflow-wrap:anywhere]">{one.name}</h2>
        {one.expect_failure ? (
          <Badge tone="warn" title="It is known not to pass yet; the day it does, the case says so">
            known to fail
          </Badge>
        ) : null}
        {one.recorded_passes === false && !one.expect_failure ? <Badge title="What the recorded run answered does not pass: the agent has to do better">recorded answer fails</Badge> : null}
        <span className="ml-auto flex items-center gap-1">
          <a href={fileAddress(project, one.id)} download={one.file_name} className={buttonClass()}>
            <Download className="size-3.5 text-muted" aria-hidden /> {bytes(one.bytes)}
            <span className="sr-only">, download {one.file_name}</span>
          </a>
          <IconButton label={`Delete ${one.name}`} onClick={onDelete}>
            <Trash2 />
          </IconButton>
        </span>
      </div>
      <p className="num mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
        <Link to="/agents/$agent" params={{ agent: one.agent }} className="rounded hover:link">
          {one.agent}
        </Link>
        <Link to="/runs/$runId" params={{ runId: one.run_id }} className="link">
          the run
        </Link>
        <span>{plural(one.steps, "step")}</span>
        <span className="[overflow-wrap:anywhere]">passes when the answer {checkWords(one.check)}</span>
        <Ago at={one.created_at} />
      </p>
      <p className="mt-1 flex items-center gap-1 font-mono text-2xs text-muted">
        <span className="min-w-0 [overflow-wrap:anywhere]">{command}</span>
        <CopyButton text={command} label={`Copy the command that runs ${one.name}`} />
      </p>
    </li>
  );
}

