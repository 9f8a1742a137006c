import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Rewind } from "lucide-react";
import { useState } from "react";
import { useProject } from "@/client/project";
import { Button, buttonClass } from "@/ui/button";
import { CodeBlock, CopyId } from "@/ui/copy";
import { Select } from "@/ui/form";
import { plural } from "@/ui/format";
import { Page } from "@/ui/shell/page";
import { useShortcuts } from "@/ui/shortcuts";
import { Empty, Failed, SkeletonRows } from "@/ui/states";
import { InquiryRow } from "./inquiry-row";
import { inquiriesQuery } from "./queries";

const route = getRouteApi("/shell/inquiries");

const KIND_CHOICES = [
  { value: "", label: "Every kind" },
  { value: "replay", label: "Replays" },
  { value: "fork", label: "Forks" },
  { value: "bisect", label: "Bisects" },
];

/** Runs that were executed again, and what that found. */
export function InquiriesPage() {
  const project = useProject();
  const { kind, agent, run } = route.useSearch();
  const navigate = route.useNavigate();
  const page = useQuery(inquiriesQuery(project, { kind, agent, run }));
  const [at, setAt] = useState(-1);
  const items = page.data?.items ?? [];
  const set = (next: Partial<ReturnType<typeof route.useSearch>>) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const move = (by: number) => setAt(Math.max(0, Math.min(items.length - 1, at + by)));
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    enter: () => {
      const chosen = items[at];
      if (chosen) void navigate({ to: "/inquiries/$inquiryId", params: { inquiryId: chosen.id } });
    },
  });
  const narrowed = Boolean(kind ?? agent ?? run);
  return (
    <Page
      title="Inquiries"
      actions={
        <>
          <Select label="Kind" value={kind ?? ""} choices={KIND_CHOICES} onChange={(value) => set({ kind: value === "replay" || value === "fork" || value === "bisect" ? value : undefined })} />
          <Link to="/cases" className={buttonClass()}>
            Cases
          </Link>
        </>
      }
      bar={
        agent || run ? (
          <p className="flex flex-wrap items-center gap-2 border-t border-line px-4 py-1.5 text-xs text-muted md:px-5">
            Only {agent ? <b className="font-medium text-text">{agent}</b> : null}
            {run ? (
              <>
                of run{" "}
                <Link to="/runs/$runId" params={{ runId: run }} className="link">
                  open it
                </Link>
                <CopyId id={run} label="Copy run id" />
              </>
            ) : null}
            <Button onClick={() => set({ agent: undefined, run: undefined })}>All</Button>
          </p>
        ) : undefined
      }
    >
      <div className="h-full overflow-y-auto" tabIndex={0} role="region" aria-label="Inquiries">
        {page.isError ? (
          <Failed what="Inquiries" error={page.error} retry={() => void page.refetch()} />
        ) : page.isPending ? (
          <SkeletonRows rows={8} height={56} />
        ) : items.length === 0 ? (
          narrowed ? (
            <Empty icon={<Rewind />} title="None like that">
              <Link to="/inquiries" className={`${buttonClass()} mt-2`}>
                All inquiries
              </Link>
            </Empty>
          ) : (
            <NoneYet />
          )
        ) : (
          <>
            <ul aria-label="Inquiries">
              {items.map((each, index) => (
                <InquiryRow key={each.id} inquiry={each} chosen={index === at} />
              ))}
            </ul>
            <p className="num px-4 py-3 text-2xs text-faint md:px-5">{plural(items.length, "inquiry", "inquiries")}</p>
          </>
        )}
      </div>
    </Page>
  );
}

function NoneYet() {
  return (
    <Empty icon={<Rewind />} title="No run was executed again yet">
      <p>
        A run whose calls went through the gateway can be replayed exactly, forked at a step, and bisected to the step that made it fail. Open a run and choose “Replay”, “Fork from here” or “Find the step”; or, where the agent lives:
      </p>
      <div className="mt-5 text-left">
        <CodeBlock title="In a shell beside the agent" code={"roadworthy replay RUN --command 'python my_agent.py'\nroadworthy bisect RUN --good OTHER_RUN --check contains:42"} wrap />
      </div>
      <Link to="/runs" className={`${buttonClass()} mt-4`}>
        Runs
      </Link>
    </Empty>
  );
}
